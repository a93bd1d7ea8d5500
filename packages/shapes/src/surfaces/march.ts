import { ambiguousFaces, cellTriangles, EDGE_CORNERS, FACE_CORNERS } from './cell-triangles.ts';
import { type Grid, gridLine } from './grid.ts';
import { createGrowable, type Growable } from './growable.ts';
import type { Block, Slab } from './slab.ts';

/**
 * The minimum distance of a vertex from a grid point, as a fraction of an edge. A surface through a grid point would
 * otherwise have several coincident vertices, and triangles of area 0.
 */
export const CLEARANCE = 1e-3;

/** Clamps a position on an edge away from its ends. */
export const clear = (t: number): number => Math.min(Math.max(t, CLEARANCE), 1 - CLEARANCE);

/** An edge with a vertex, whose position may still be refined. */
export interface CrossedEdge {
  readonly vertex: number;
  readonly axis: 0 | 1 | 2;
  /** The coordinates of the edge's two ends along its axis, and the values there: of opposite sign. */
  readonly low: number;
  readonly high: number;
  readonly valueLow: number;
  readonly valueHigh: number;
}

/** The surface found so far. */
export interface Surface {
  readonly positions: Growable<Float32Array>;
  readonly triangles: Growable<Uint32Array>;
  /** The crossed edges found since the last slab. */
  crossed: CrossedEdge[];
  /** Vertices of this slab that are the centre of others. */
  centres: { readonly vertex: number; readonly of: readonly number[] }[];
}

export const createSurface = (): Surface => ({
  positions: createGrowable(length => new Float32Array(length)),
  triangles: createGrowable(length => new Uint32Array(length)),
  crossed: [],
  centres: [],
});

/** The offsets of a cell's corners from its first, in points of the slab. */
const cornerOffsets = ({ cells, layer }: Grid): number[] =>
  Array.from({ length: 8 }, (_, corner) => (corner & 1) + ((corner >> 1) & 1) * (cells[0] + 1) + (corner >> 2) * layer);

/** The ambiguous faces whose inside corners are joined, because the saddle of the bilinear interpolant is inside. */
const joinedFaces = (inside: number, values: readonly number[]): number => {
  const ambiguous = ambiguousFaces(inside);
  let joined = 0;
  for (const [face, [a, b, c, d]] of FACE_CORNERS.entries()) {
    if (((ambiguous >> face) & 1) === 0) continue;
    // Products of float32 are exact in double precision, so the cell on the other side decides equally.
    const [first, second] = [values[a]! * values[c]!, values[b]! * values[d]!];
    const [own, other] = (inside >> a) & 1 ? [first, second] : [second, first];
    if (own > other) joined |= 1 << face;
  }
  return joined;
};

/** Makes a function that adds the triangles of a block's cells, for one grid. */
export const createMarcher = (grid: Grid): ((slab: Slab, block: Block, surface: Surface) => void) => {
  const offsets = cornerOffsets(grid);
  const row = grid.cells[0] + 1;
  const corners = new Array<number>(8).fill(0);
  const ids = new Array<number>(16).fill(-1);

  const vertexOn = (edge: number, cell: readonly [number, number, number], slab: Slab, surface: Surface): number => {
    const axis = (edge >> 2) as 0 | 1 | 2;
    const [low, high] = EDGE_CORNERS[edge]!;
    const [x, y, z] = [cell[0] + (low & 1), cell[1] + ((low >> 1) & 1), cell[2] + (low >> 2)];
    const slot = 3 * (z * grid.layer + y * row + x) + axis;
    const known = slab.vertices[slot]!;
    if (known >= 0) return known;
    const vertex = surface.positions.length / 3;
    slab.vertices[slot] = vertex;
    const at = [x, y, z + slab.first] as const;
    const place = [gridLine(grid, 0, at[0]), gridLine(grid, 1, at[1]), gridLine(grid, 2, at[2])];
    const [start, end] = [place[axis]!, gridLine(grid, axis, at[axis] + 1)];
    const [valueLow, valueHigh] = [corners[low]!, corners[high]!];
    place[axis] = start + (end - start) * clear(valueLow / (valueLow - valueHigh));
    surface.positions.push(place[0]!, place[1]!, place[2]!);
    surface.crossed.push({ vertex, axis, low: start, high: end, valueLow, valueHigh });
    return vertex;
  };

  return (slab, { low, high }, surface) => {
    for (let z = 0; z < slab.layers; z++)
      for (let y = low[1]; y < high[1]; y++) {
        let base = z * grid.layer + y * row + low[0];
        for (let x = low[0]; x < high[0]; x++, base++) {
          let inside = 0;
          for (let corner = 0; corner < 8; corner++)
            if (slab.values[base + offsets[corner]!]! < 0) inside |= 1 << corner;
          if (inside === 0 || inside === 255) continue;
          for (let corner = 0; corner < 8; corner++) corners[corner] = slab.values[base + offsets[corner]!]!;
          const { triangles, centres } = cellTriangles(inside, joinedFaces(inside, corners));
          const cell = [x, y, z] as const;
          for (const edge of triangles) if (edge < 12) ids[edge] = vertexOn(edge, cell, slab, surface);
          for (const [i, loop] of centres.entries()) {
            ids[12 + i] = surface.positions.length / 3;
            surface.positions.push(0, 0, 0);
            surface.centres.push({ vertex: ids[12 + i]!, of: loop.map(edge => ids[edge]!) });
          }
          for (let i = 0; i < triangles.length; i += 3)
            surface.triangles.push(ids[triangles[i]!]!, ids[triangles[i + 1]!]!, ids[triangles[i + 2]!]!);
        }
      }
  };
};

/** Moves the vertices that are the centre of others to their positions. */
export const placeCentres = (surface: Surface): void => {
  for (const { vertex, of } of surface.centres)
    for (let k = 0; k < 3; k++) {
      let sum = 0;
      for (const corner of of) sum += surface.positions.get(3 * corner + k);
      surface.positions.set(3 * vertex + k, sum / of.length);
    }
  surface.centres = [];
};
