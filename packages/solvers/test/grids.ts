/** @file Functions on grids, and distances between them. */
import ndarray, { type NdArray } from 'ndarray';

/**
 * f at the points of a corner-aligned grid of [-1, 1]^2, with one or more values at each: `[size, size, channels]`, or
 * `[size, size]`.
 */
export const sampled = (
  size: number,
  f: (y: number, x: number) => number | readonly number[],
  columns: number = size,
): NdArray<Float64Array> => {
  const values: number[] = [];
  let channels = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < columns; j++) {
      const value = f(-1 + (2 * i) / (size - 1), -1 + (2 * j) / (columns - 1));
      if (typeof value !== 'number') channels = value.length;
      values.push(...(typeof value === 'number' ? [value] : value));
    }
  return ndarray(Float64Array.from(values), channels === 0 ? [size, columns] : [size, columns, channels]);
};

/** |a - b| / |b|, Euclidean, over the selected elements. */
export const relativeDistance = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  picked: (index: number) => boolean = () => true,
): number => {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++)
    if (picked(i)) {
      difference += (a[i]! - b[i]!) ** 2;
      size += b[i]! ** 2;
    }
  return Math.sqrt(difference / size);
};

/** The largest |a - b|. */
export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
};

/** The observed orders of convergence: log2 of the ratio of errors each time the spacing is halved. */
export const convergenceOrders = (errors: readonly number[]): number[] =>
  errors.slice(1).map((error, i) => Math.log2(errors[i]! / error));
