import type { Grid } from './grid.ts';

/** The number of cells of a block along each axis, and so the number of layers of cells in a slab. */
export const BLOCK = 8;

/**
 * The part of the grid that is held in memory: BLOCK layers of cells, with the points on both sides.
 *
 * A point of the grid is `layer * grid.layer + y * (cells[0] + 1) + x`, with `layer` relative to the slab's first.
 */
export interface Slab {
  /** The value at each point; NaN if it has not been evaluated. */
  readonly values: Float32Array;
  /** The index of the vertex on the edge that begins at each point along each axis; -1 for none. */
  readonly vertices: Int32Array;
  /** The index of the first layer of points, and the number of layers of cells. */
  readonly first: number;
  readonly layers: number;
}

/** Iterates over the slabs of a grid in the same memory: the last layer of each is the first of the next. */
export function* slabs(grid: Grid): Generator<Slab, void, void> {
  const { layer, cells } = grid;
  const depth = Math.min(BLOCK, cells[2]);
  const values = new Float32Array((depth + 1) * layer).fill(Number.NaN);
  const vertices = new Int32Array(3 * (depth + 1) * layer).fill(-1);
  for (let first = 0; first < cells[2]; first += depth) {
    if (first > 0) {
      values.copyWithin(0, depth * layer);
      values.fill(Number.NaN, layer);
      vertices.copyWithin(0, 3 * depth * layer);
      vertices.fill(-1, 3 * layer);
    }
    yield { values, vertices, first, layers: Math.min(depth, cells[2] - first) };
  }
}

/** A block of cells of a slab: from `low` to `high` (exclusive) in cells along x and y, over all layers of the slab. */
export interface Block {
  readonly low: readonly [x: number, y: number];
  readonly high: readonly [x: number, y: number];
}

/** The blocks of a slab, x first. */
export const blocksOf = ({ cells }: Grid): Block[] => {
  const blocks: Block[] = [];
  for (let y = 0; y < cells[1]; y += BLOCK)
    for (let x = 0; x < cells[0]; x += BLOCK)
      blocks.push({ low: [x, y], high: [Math.min(x + BLOCK, cells[0]), Math.min(y + BLOCK, cells[1])] });
  return blocks;
};
