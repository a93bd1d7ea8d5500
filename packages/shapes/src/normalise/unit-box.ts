import { assertOneOf, assertOptions } from '@neural-fields/core/options';
import { usedPoints } from '../meshes/used-points.ts';
import { assertShape, isMesh, type Mesh, type PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { chooseOffset } from '../shape-offset.ts';

/**
 * A scaling and translation, p' = scale p + offset, with the same scale along every axis. It is plain data that can be
 * stored as JSON beside a field.
 *
 * Directions, and so normals, do not change. Distances are multiplied by `scale`. Both p and p' are full coordinates,
 * with a shape's `offset` added.
 */
export interface Similarity {
  /** Positive. */
  readonly scale: number;
  readonly offset: readonly [x: number, y: number, z: number];
}

/** The options of {@link unitBox}. */
export interface UnitBoxOptions {
  /**
   * The fraction of the box's half width that is left empty around the shape, from 0 to 1; 0.1 if absent. A closed
   * surface needs some margin to stay closed in the box. The SIREN authors use 0.
   */
  readonly margin?: number;
  /**
   * `mean` (default): as in the SIREN authors' code with the aspect kept. The mean of the points is subtracted; then
   * one affine map, the same for all axes, maps the smallest of all coordinates to -1 and the largest to 1. `box`: the
   * centre of the bounding box goes to 0, and its longest side becomes 2.
   */
  readonly method?: 'mean' | 'box';
}

/**
 * The similarity that maps a shape into [-(1 - margin), 1 - margin]^3, keeping its aspect. Unused points of a mesh are
 * ignored.
 *
 * With `mean`, the smallest and the largest coordinate may be of different axes, so a shape that is not centred on its
 * mean along its longest axis fills the box less than with `box`, and never leaves it.
 *
 * Reference: Sitzmann et al. 2020, the class `PointCloud` of `dataio.py` in the authors' code.
 *
 * @throws RangeError when `margin` is not in [0, 1), or `method` is unknown
 * @throws ShapeError `coincident-points` when all points coincide, and as for any shape
 */
export const unitBox = (shape: PointCloud | Mesh, options: UnitBoxOptions = {}): Similarity => {
  assertOptions('unitBox', options, { margin: 1, method: 1 });
  const { margin = 0.1, method = 'mean' } = options;
  assertOneOf('unitBox: method', method, ['mean', 'box']);

  if (!(margin >= 0 && margin < 1)) throw new RangeError(`unitBox: margin must be in [0, 1), got ${margin}`);
  assertShape('unitBox', shape);
  const { positions, offset: from = [0, 0, 0] } = shape;
  const rows = isMesh(shape) ? usedPoints(positions.length / 3, shape.triangles) : undefined;
  const count = rows ? rows.length : positions.length / 3;
  const [low, high, sum] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
    [0, 0, 0],
  ];
  for (let i = 0; i < count; i++)
    for (let axis = 0; axis < 3; axis++) {
      const value = positions[3 * (rows ? rows[i]! : i) + axis]!;
      low[axis] = Math.min(low[axis]!, value);
      high[axis] = Math.max(high[axis]!, value);
      sum[axis]! += value;
    }
  const extent = Math.max(...[0, 1, 2].map(axis => high[axis]! - low[axis]!));
  if (!(extent > 0)) throw new ShapeError('coincident-points', 'unitBox', `all ${count} points coincide`);
  const centre = [0, 1, 2].map(axis => (method === 'mean' ? sum[axis]! / count : (low[axis]! + high[axis]!) / 2));
  const [least, most] =
    method === 'mean'
      ? [
          Math.min(...low.map((value, axis) => value - centre[axis]!)),
          Math.max(...high.map((value, axis) => value - centre[axis]!)),
        ]
      : [-extent / 2, extent / 2];
  const scale = (2 * (1 - margin)) / (most - least);
  const shift = (scale * (least + most)) / 2;
  const offset = (axis: number): number => -scale * (centre[axis]! + from[axis]!) - shift;
  return { scale, offset: [offset(0), offset(1), offset(2)] };
};

/** The inverse of a similarity. */
export const inverseSimilarity = ({ scale, offset: [x, y, z] }: Similarity): Similarity => ({
  scale: 1 / scale,
  offset: [-x / scale, -y / scale, -z / scale],
});

/**
 * Applies a similarity to a shape. The result has new positions, relative to an offset if it is far from the origin,
 * and shares normals and triangles with the argument.
 *
 * It computes in double precision, so that a mesh can be mapped from [-1, 1]^3 back to the coordinates of its file
 * without losing its form.
 */
export const applySimilarity = <S extends PointCloud | Mesh>(shape: S, { scale, offset }: Similarity): S => {
  const { offset: from = [0, 0, 0], positions } = shape;
  const shift = offset.map((value, axis) => scale * from[axis]! + value);
  const [low, high] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
  ];
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3;
    const value = scale * positions[i]! + shift[axis]!;
    low[axis] = Math.min(low[axis]!, value);
    high[axis] = Math.max(high[axis]!, value);
  }
  const to = chooseOffset(low, high);
  const rest = shift.map((value, axis) => value - (to?.[axis] ?? 0));
  const moved: S = { ...shape, positions: positions.map((value, i) => scale * value + rest[i % 3]!) };
  const { offset: _, ...near } = moved;
  return to ? { ...moved, offset: to } : (near as S);
};

/** The key in a field file's metadata of the similarity that maps its shape into the box. */
export const SIMILARITY_KEY = 'shape.similarity';

/** A similarity as text, e.g. for the metadata of a field file. */
export const formatSimilarity = ({ scale, offset }: Similarity): string => JSON.stringify({ scale, offset });

/**
 * Parses the text of {@link formatSimilarity}.
 *
 * @throws TypeError when the text is not a similarity
 */
export const parseSimilarity = (text: string): Similarity => {
  const fail = (cause?: unknown): TypeError =>
    new TypeError(`parseSimilarity: wanted {"scale": s, "offset": [x, y, z]} with s > 0, got ${text.slice(0, 80)}`, {
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail(cause);
  }
  if (typeof value !== 'object' || value === null || !('scale' in value && 'offset' in value)) throw fail();
  const { scale, offset } = value;
  const isNumber = (number: unknown): number is number => typeof number === 'number' && Number.isFinite(number);
  if (!isNumber(scale) || scale <= 0 || !Array.isArray(offset) || offset.length !== 3 || !offset.every(isNumber))
    throw fail();
  const [x, y, z] = offset as [number, number, number];
  return { scale, offset: [x, y, z] };
};
