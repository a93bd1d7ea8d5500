/**
 * @file Extracts the mesh of a function's level set, with memory proportional to the surface and one slab of the grid,
 *   not to the whole grid.
 */

import { assertOneOf, assertOptions } from '@neural-fields/core/options';
import { vertexNormals } from '../meshes/vertex-normals.ts';
import { normalise } from '../meshes/weld.ts';
import type { Mesh } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { type Bounds, createGrid, type Grid, gridLine, UNIT_BOUNDS } from './grid.ts';
import { createMarcher, createSurface, placeCentres } from './march.ts';
import { refineEdges } from './refine.ts';
import type { ScalarFunction } from './scalar-function.ts';
import { type Block, blocksOf, type Slab, slabs } from './slab.ts';

/** The progress of an extraction. */
export interface ExtractProgress {
  /** The number of layers of cells that are done. */
  readonly done: number;
  readonly total: number;
  /** The number of points evaluated so far. */
  readonly evaluated: number;
  readonly triangles: number;
}

/** The options of {@link extractSurface}. */
export interface ExtractOptions {
  /** The number of cells along each axis, or one number for all axes. */
  readonly resolution: number | readonly [x: number, y: number, z: number];
  /** Default: [-1, 1]^3. */
  readonly box?: Bounds;
  /** The value on the surface. Default: 0. */
  readonly level?: number;
  /**
   * The side that is inside: `below` the level (default), as for a signed distance, or `above`, as for an occupancy.
   */
  readonly inside?: 'below' | 'above';
  /**
   * `open` (default): the surface ends where it leaves the box. `closed`: the inside is clipped to the box, and the cut
   * becomes a part of the surface.
   */
  readonly boundary?: 'open' | 'closed';
  /**
   * A Lipschitz constant of the function, e.g. 1 for an exact signed distance. Blocks of 8^3 cells that cannot contain
   * the surface, given the value at their centre, are not evaluated. If the function exceeds it, parts of the surface
   * may be missing, which {@link checkMesh} reports as holes. If absent, every grid point is evaluated.
   */
  readonly lipschitz?: number;
  /**
   * The number of steps that move vertices along their edges to the exact surface. Default: 0, linear interpolation.
   */
  readonly refine?: number;
  /** Whether to compute normals from the function's gradient. Default: true if it has one. */
  readonly normals?: boolean;
  /** The maximum number of points per evaluation. Default: 65,536. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExtractProgress) => void;
}

const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;

const assertValid = (options: ExtractOptions): void => {
  const { level = 0, lipschitz = 0, refine = 0, batch = 1, inside = 'below', boundary = 'open' } = options;
  assertOneOf('extractSurface: inside', inside, ['below', 'above']);
  assertOneOf('extractSurface: boundary', boundary, ['open', 'closed']);
  if (!Number.isFinite(level)) throw new RangeError(`extractSurface: level must be finite, got ${level}`);
  if (!(lipschitz >= 0 && Number.isFinite(lipschitz)))
    throw new RangeError(`extractSurface: lipschitz must be a finite number of at least 0, got ${lipschitz}`);
  if (!isCount(refine, 0))
    throw new RangeError(`extractSurface: refine must be an integer of at least 0, got ${refine}`);
  if (!isCount(batch, 1)) throw new RangeError(`extractSurface: batch must be a positive integer, got ${batch}`);
};

/** Evaluates the function, with the sign that is negative inside, in batches that can be cancelled. */
const createEvaluator = (
  source: ScalarFunction,
  { level = 0, inside = 'below', batch = 65_536, signal }: ExtractOptions,
) => {
  const sign = inside === 'below' ? 1 : -1;
  const counter = { evaluated: 0 };
  const inBatches = async (
    coords: Float32Array<ArrayBuffer>,
    columns: number,
    evaluate: (coords: Float32Array) => Float32Array | Promise<Float32Array>,
  ): Promise<Float32Array> => {
    const count = coords.length / 3;
    const results = new Float32Array(columns * count);
    for (let start = 0; start < count; start += batch) {
      signal?.throwIfAborted();
      const size = Math.min(batch, count - start);
      const part = await evaluate(coords.slice(3 * start, 3 * (start + size)));
      if (part.length !== columns * size)
        throw new RangeError(`extractSurface: wanted ${columns * size} values for ${size} points, got ${part.length}`);
      const wrong = part.findIndex(value => !Number.isFinite(value));
      if (wrong >= 0) {
        const at = 3 * (start + Math.floor(wrong / columns));
        throw new ShapeError(
          'not-finite',
          'extractSurface',
          `the function is ${part[wrong]} at ${coords.slice(at, at + 3).join(', ')}`,
        );
      }
      results.set(part, columns * start);
      counter.evaluated += size;
    }
    signal?.throwIfAborted();
    return results;
  };
  return {
    counter,
    batch,
    values: async (coords: Float32Array<ArrayBuffer>): Promise<Float32Array> => {
      const values = await inBatches(coords, 1, c => source.evaluate(c));
      for (let i = 0; i < values.length; i++) values[i] = sign * (values[i]! - level);
      return values;
    },
    normals: async (
      coords: Float32Array<ArrayBuffer>,
      gradient: NonNullable<ScalarFunction['gradient']>,
    ): Promise<Float32Array> => {
      const gradients = await inBatches(coords, 3, gradient);
      for (let i = 0; i < gradients.length; i++) gradients[i]! *= sign;
      return normalise(gradients);
    },
  };
};

type Evaluator = ReturnType<typeof createEvaluator>;

/** The blocks of a slab that may contain a part of the surface. */
const activeBlocks = async (
  grid: Grid,
  slab: Slab,
  blocks: readonly Block[],
  { lipschitz, boundary = 'open' }: ExtractOptions,
  evaluator: Evaluator,
): Promise<readonly Block[]> => {
  if (lipschitz === undefined) return blocks;
  const coords = new Float32Array(3 * blocks.length);
  const spans = (block: Block) =>
    [
      [gridLine(grid, 0, block.low[0]), gridLine(grid, 0, block.high[0])],
      [gridLine(grid, 1, block.low[1]), gridLine(grid, 1, block.high[1])],
      [gridLine(grid, 2, slab.first), gridLine(grid, 2, slab.first + slab.layers)],
    ] as const;
  for (const [i, block] of blocks.entries())
    coords.set(
      spans(block).map(([low, high]) => (low + high) / 2),
      3 * i,
    );
  const values = await evaluator.values(coords);
  const { cells } = grid;
  return blocks.filter((block, i) => {
    const value = values[i]!;
    const radius = Math.hypot(...spans(block).map(([low, high]) => (high - low) / 2));
    if (Math.abs(value) <= lipschitz * radius) return true;
    const { low, high } = block;
    const atEnd = low[0] === 0 || low[1] === 0 || slab.first === 0;
    const atOtherEnd = high[0] === cells[0] || high[1] === cells[1] || slab.first + slab.layers === cells[2];
    return boundary === 'closed' && value < 0 && (atEnd || atOtherEnd);
  });
};

/** Evaluates the points of the blocks that have not been evaluated yet. */
const fillBlocks = async (
  grid: Grid,
  slab: Slab,
  blocks: readonly Block[],
  closed: boolean,
  evaluator: Evaluator,
): Promise<void> => {
  const { cells, layer } = grid;
  const row = cells[0] + 1;
  const lines = ([0, 1, 2] as const).map(axis =>
    Float64Array.from({ length: cells[axis] + 1 }, (_, i) => gridLine(grid, axis, i)),
  );
  const wanted = new Int32Array(evaluator.batch);
  const coords = new Float32Array(3 * evaluator.batch);
  const ends = new Uint8Array(evaluator.batch);
  let count = 0;
  const flush = async (): Promise<void> => {
    const values = await evaluator.values(coords.slice(0, 3 * count));
    for (let i = 0; i < count; i++) slab.values[wanted[i]!] = ends[i] === 1 && values[i]! < 0 ? 0 : values[i]!;
    count = 0;
  };
  for (const { low, high } of blocks)
    for (let z = 0; z <= slab.layers; z++)
      for (let y = low[1]; y <= high[1]; y++)
        for (let x = low[0]; x <= high[0]; x++) {
          const at = z * layer + y * row + x;
          if (!Number.isNaN(slab.values[at]!)) continue;
          slab.values[at] = 0; // marked, so that it is not listed again
          wanted[count] = at;
          coords[3 * count] = lines[0]![x]!;
          coords[3 * count + 1] = lines[1]![y]!;
          coords[3 * count + 2] = lines[2]![z + slab.first]!;
          const depth = z + slab.first;
          const atEnd = x === 0 || y === 0 || depth === 0 || x === cells[0] || y === cells[1] || depth === cells[2];
          ends[count] = closed && atEnd ? 1 : 0;
          if (++count === evaluator.batch) await flush();
        }
  if (count > 0) await flush();
};

/**
 * Extracts a level set of a function as a mesh: marching cubes with face ambiguities resolved by the asymptotic
 * decider.
 *
 * A surface that stays in the box is closed: every edge has two triangles in opposite directions, every vertex has one
 * fan, no two vertices coincide, and triangles face outwards, towards values larger than the level (smaller with
 * `inside: 'above'`). Features thinner than a cell may be missed, and parts closer to each other than a cell may be
 * joined.
 *
 * The function is evaluated in slabs of 8 layers. Beside the mesh it needs 144 bytes per point of one grid layer (38 MB
 * at 512^3).
 *
 * @returns vertices in the box's coordinates, and `normals` from the gradient if there is one; arrays of length 0 if
 *   there is no surface.
 * @throws RangeError when an option is out of range
 * @throws ShapeError `not-finite` when the function is NaN or infinite somewhere
 * @throws the signal's reason when it is aborted
 */
export const extractSurface = async (source: ScalarFunction, options: ExtractOptions): Promise<Mesh> => {
  assertOptions('extractSurface', options, {
    resolution: 1,
    box: 1,
    level: 1,
    inside: 1,
    boundary: 1,
    lipschitz: 1,
    refine: 1,
    normals: 1,
    batch: 1,
    signal: 1,
    onProgress: 1,
  });

  assertValid(options);
  const {
    box = UNIT_BOUNDS,
    boundary = 'open',
    refine = 0,
    normals = source.gradient !== undefined,
    onProgress,
  } = options;
  const grid = createGrid('extractSurface', box, options.resolution);
  if (normals && !source.gradient) throw new RangeError('extractSurface: normals need a function with a gradient');
  const evaluator = createEvaluator(source, options);
  const surface = createSurface();
  const march = createMarcher(grid);
  const blocks = blocksOf(grid);
  for (const slab of slabs(grid)) {
    const active = await activeBlocks(grid, slab, blocks, options, evaluator);
    await fillBlocks(grid, slab, active, boundary === 'closed', evaluator);
    for (const block of active) march(slab, block, surface);
    await refineEdges(surface, refine, evaluator.values);
    placeCentres(surface);
    onProgress?.({
      done: slab.first + slab.layers,
      total: grid.cells[2],
      evaluated: evaluator.counter.evaluated,
      triangles: surface.triangles.length / 3,
    });
  }
  const positions = surface.positions.slice();
  const triangles = surface.triangles.slice();
  if (positions.length === 0 || !normals || !source.gradient) return { positions, triangles };
  const { gradient } = source;
  const directions = await evaluator.normals(positions as Float32Array<ArrayBuffer>, coords =>
    gradient.call(source, coords),
  );
  return { positions, normals: withoutZeros(directions, { positions, triangles }), triangles };
};

/** Where the gradient vanishes, the normal is computed from the adjacent triangles. */
const withoutZeros = (normals: Float32Array, mesh: Mesh): Float32Array => {
  const isZero = (at: number): boolean => normals[at] === 0 && normals[at + 1] === 0 && normals[at + 2] === 0;
  let substitutes: Float32Array | undefined;
  for (let at = 0; at < normals.length; at += 3) {
    if (!isZero(at)) continue;
    substitutes ??= vertexNormals(mesh);
    normals.set(substitutes.subarray(at, at + 3), at);
  }
  return normals;
};
