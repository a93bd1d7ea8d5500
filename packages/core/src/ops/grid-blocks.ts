/** @file Levels of a grid of which only some blocks of vertices have rows of their own. */

/**
 * The blocks of B^D vertices of a level that have rows; vertex i belongs to the block floor(i / B). All other vertices
 * share row 0 of the level.
 */
export interface GridBlocks {
  /** The binary logarithm of B. */
  readonly log2Size: number;
  /**
   * The first row of each block, counted from the first of the level, or 0 where the block has no rows. Block (b_0,
   * b_1, ...) is at sum_k b_k n^k, with n of {@link blocksAlong}. Vertex i of a block has its row sum_k (i_k mod B)
   * B^k.
   */
  readonly firstRows: Int32Array;
}

/** n, the number of blocks along an axis. */
export const blocksAlong = (resolution: number, log2Size: number): number => (resolution >> log2Size) + 1;

/** The row of a vertex, counted from the first of the level. */
export const rowInBlocks = (
  vertex: readonly number[],
  resolution: number,
  { log2Size, firstRows }: GridBlocks,
): number => {
  const [count, size] = [blocksAlong(resolution, log2Size), 2 ** log2Size];
  const block = vertex.reduceRight((index, place) => index * count + (place >> log2Size), 0);
  const first = firstRows[block] as number;
  return first === 0 ? 0 : first + vertex.reduceRight((row, place) => row * size + (place & (size - 1)), 0);
};
