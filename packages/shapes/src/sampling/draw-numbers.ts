/**
 * @file Random numbers that depend on the point and not on the call: the fit loop may split a step into chunks of any
 *   size, and the points must stay the same. Points are grouped in blocks of 64, each with a generator forked from the
 *   step's: at most one block of numbers is wasted at each end of a chunk.
 */
import type { Rng } from '@neural-fields/core';

const BLOCK = 64;

/**
 * The random numbers of the points `start` ... `start + count - 1` of a step.
 *
 * @param width the number of values that `next` returns for a point
 * @returns `f64[count, width]`, which depends only on the rng's seed and the indices of the points
 */
export const drawNumbers = (
  rng: Rng,
  { start, count, width }: { readonly start: number; readonly count: number; readonly width: number },
  next: (rng: Rng, k: number) => number,
): Float64Array => {
  const numbers = new Float64Array(count * width);
  const end = start + count;
  for (let block = Math.floor(start / BLOCK); block * BLOCK < end; block++) {
    const blockRng = rng.fork('points', block);
    const last = Math.min(end, (block + 1) * BLOCK);
    for (let point = block * BLOCK; point < last; point++)
      for (let k = 0; k < width; k++) {
        const number = next(blockRng, k);
        if (point >= start) numbers[(point - start) * width + k] = number;
      }
  }
  return numbers;
};

/** A random number uniform on [0, 1). */
export const nextUniform = (rng: Rng): number => rng.uniform();
/** A random number from the standard normal distribution. */
export const nextNormal = (rng: Rng): number => rng.normal();
