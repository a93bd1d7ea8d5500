/** @file Sets of the blocks of a grid, as text: one bit for each block, four of them in a hexadecimal digit. */
import { blocksAlong } from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { assertResolution } from './grid-table.ts';

/** @throws RangeError unless it is a power of two up to 64 */
export const assertBlockSize = (what: string, value: number): void => {
  assertCount(what, value);
  if (!Number.isInteger(Math.log2(value)) || value > 64)
    throw new RangeError(`${what} must be a power of two up to 64, got ${value}`);
};

/** The grid that {@link blocksAt} divides into blocks. */
export interface BlockOptions {
  /** d, the number of coordinates of a point. */
  readonly axes: number;
  /** The number of cells along each axis of [-1, 1]^d. */
  readonly resolution: number;
  /** The number of vertices of a block along each axis, a power of two up to 64; 8 if absent. */
  readonly blockSize?: number;
  /** Cells around the one of a point whose vertices belong to the set, too; 1 if absent. */
  readonly margin?: number;
}

/** A directory has at most this many blocks. */
const MAX_BLOCKS = 2 ** 24;

/**
 * The blocks of a grid that contain the vertices of the cells at some points, and of the cells around them; for {@link
 * sparseVoxelGrid}. Block (b_0, b_1, ...) is bit sum_k b_k n^k, of n blocks along each axis.
 *
 * @param points row-major `[n, axes]`, in [-1, 1]; those outside are moved to the boundary
 * @throws RangeError when an option is out of its range, or the length of the points no multiple of axes
 */
export const blocksAt = (points: ArrayLike<number>, options: BlockOptions): string => {
  assertOptions('blocksAt', options, { axes: 1, resolution: 1, blockSize: 1, margin: 1 });
  const { axes, resolution, blockSize = 8, margin = 1 } = options;
  assertCount('blocksAt: axes', axes);
  assertResolution('blocksAt: resolution', resolution);
  assertBlockSize('blocksAt: blockSize', blockSize);
  if (!(Number.isInteger(margin) && margin >= 0))
    throw new RangeError(`blocksAt: margin must be an integer from 0, got ${margin}`);
  if (points.length % axes !== 0)
    throw new RangeError(`blocksAt: points must be [n, ${axes}], got ${points.length} numbers`);
  const along = blocksAlong(resolution, Math.log2(blockSize));
  const count = along ** axes;
  if (count > MAX_BLOCKS)
    throw new RangeError(`blocksAt: the grid must have at most ${MAX_BLOCKS} blocks, got ${count}`);
  const digits = new Uint8Array(Math.ceil(count / 4));
  const blockOf = (vertex: number): number => Math.floor(Math.min(Math.max(vertex, 0), resolution) / blockSize);
  for (let start = 0; start < points.length; start += axes) {
    let found = [0];
    for (let axis = axes - 1; axis >= 0; axis--) {
      const place = points[start + axis] as number;
      if (!Number.isFinite(place)) throw new RangeError(`blocksAt: point ${start / axes} must be finite, got ${place}`);
      const cell = Math.floor(((place + 1) / 2) * resolution);
      const clamped = Math.min(Math.max(cell, 0), resolution - 1);
      const [first, last] = [blockOf(clamped - margin), blockOf(clamped + 1 + margin)];
      found = found.flatMap(index =>
        Array.from({ length: last - first + 1 }, (_, block) => index * along + first + block),
      );
    }
    for (const block of found) digits[block >> 2] = (digits[block >> 2] as number) | (1 << (block & 3));
  }
  return Array.from(digits, digit => digit.toString(16)).join('');
};

/**
 * The indices of a set's blocks, in order.
 *
 * @param count the number of blocks of the grid
 * @throws RangeError when the text is not a set of so many blocks
 */
export const blockIndices = (what: string, text: string, count: number): number[] => {
  if (count > MAX_BLOCKS)
    throw new RangeError(`${what}: the grid must have at most ${MAX_BLOCKS} blocks, got ${count}`);
  const length = Math.ceil(count / 4);
  if (text.length !== length || /[^0-9a-f]/.test(text))
    throw new RangeError(
      `${what} must be ${length} hexadecimal digits for ${count} blocks, got ${text.length} characters`,
    );
  const indices: number[] = [];
  for (let digit = 0; digit < length; digit++) {
    const bits = Number.parseInt(text[digit] as string, 16);
    for (let bit = 0; bit < 4; bit++) if ((bits >> bit) & 1) indices.push(4 * digit + bit);
  }
  if (indices.length === 0) throw new RangeError(`${what} must have at least one block, got none`);
  if ((indices.at(-1) as number) >= count)
    throw new RangeError(`${what} must be within ${count} blocks, got ${indices.at(-1)}`);
  return indices;
};
