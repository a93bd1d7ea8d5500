import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { assertBoundary, correlateAxis, type FilterOptions, toGrid } from './correlate.ts';

/**
 * The Laplacian of each channel by second differences, [1, -2, 1] summed over the axes of the grid, like
 * `scipy.ndimage.laplace`: per squared pixel.
 *
 * @param image `[...grid, channels]`, e.g. `[height, width, channels]`
 * @returns an array of the same shape
 * @throws RangeError when the array is empty
 */
export const laplacian = (image: ArrayView, options: FilterOptions = {}): DenseArray => {
  assertOptions('laplacian', options, { boundary: 1 });
  const { boundary = 'reflect' } = options;
  assertBoundary('laplacian', boundary);

  const grid = toGrid('laplacian', image);
  const sum = new Float64Array(grid.data.length);
  for (let axis = 0; axis < grid.shape.length - 1; axis++) {
    const { data } = correlateAxis(grid, axis, [1, -2, 1], boundary);
    for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
  }
  return denseArray(Float32Array.from(sum), grid.shape);
};
