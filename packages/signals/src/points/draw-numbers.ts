/**
 * @file Random numbers that depend on the point and not on the call. The fit loop may split a step into chunks of any
 *   size, and the points must stay the same. So points are grouped in blocks of 64, each with a generator forked from
 *   the step's: forking is expensive, and at most one block of numbers is wasted at each end of a chunk.
 */
import type { Rng } from '@neural-fields/core';

const BLOCK = 64;

/** A range of points of a step, and the number of values per point. */
export interface Rows {
  readonly start: number;
  readonly count: number;
  readonly width: number;
}

/**
 * Random rows for the points `start` ... `start + count - 1` of a step.
 *
 * @param fill writes the values of one point, with any number of draws from the rng
 * @returns `f64[count, width]`, which depends only on the rng's seed and the indices of the points
 */
export const drawRows = (
  rng: Rng,
  { start, count, width }: Rows,
  fill: (rng: Rng, row: Float64Array) => void,
): Float64Array<ArrayBuffer> => {
  const numbers = new Float64Array(count * width);
  const end = start + count;
  const unwanted = new Float64Array(width);
  for (let block = Math.floor(start / BLOCK); block * BLOCK < end; block++) {
    const blockRng = rng.fork('points', block);
    const last = Math.min(end, (block + 1) * BLOCK);
    for (let point = block * BLOCK; point < last; point++) {
      const at = (point - start) * width;
      fill(blockRng, point < start ? unwanted : numbers.subarray(at, at + width));
    }
  }
  return numbers;
};

/**
 * The random numbers of the points `start` ... `start + count - 1` of a step.
 *
 * @param next draws one number
 * @returns `f64[count, width]`, which depends only on the rng's seed and the indices of the points
 */
export const drawNumbers = (rng: Rng, rows: Rows, next: (rng: Rng) => number): Float64Array<ArrayBuffer> =>
  drawRows(rng, rows, (blockRng, row) => {
    for (let k = 0; k < row.length; k++) row[k] = next(blockRng);
  });

/** A random number uniform on [0, 1). */
export const nextUniform = (rng: Rng): number => rng.uniform();
