import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, formatShape } from '../arrays/array-view.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { assertBoundary, correlateAxis, type FilterOptions, type Grid, toGrid } from './correlate.ts';

const sobelGrid = (grid: Grid, axis: number, { boundary = 'reflect' }: FilterOptions): Grid => {
  let result = correlateAxis(grid, axis, [-1, 0, 1], boundary);
  for (let other = 0; other < grid.shape.length - 1; other++)
    if (other !== axis) result = correlateAxis(result, other, [1, 2, 1], boundary);
  return result;
};

/**
 * The Sobel derivative of each channel along one axis: [-1, 0, 1] along it and [1, 2, 1] along the others, like
 * `scipy.ndimage.sobel`. For an image it is 8 times the derivative per pixel.
 *
 * @param image `[...grid, channels]`, e.g. `[height, width, channels]`
 * @param axis for an image, 0 is y (downwards) and 1 is x
 * @returns an array of the same shape
 * @throws RangeError when the array is empty or has no such axis
 */
export const sobel = (image: ArrayView, axis: number, options: FilterOptions = {}): DenseArray => {
  assertOptions('sobel', options, { boundary: 1 });
  assertBoundary('sobel', options.boundary ?? 'reflect');

  const grid = toGrid('sobel', image);
  if (!(Number.isInteger(axis) && axis >= 0 && axis < grid.shape.length - 1))
    throw new RangeError(`sobel: axis must be a grid axis of ${formatShape(grid.shape)} (channels last), got ${axis}`);
  return denseArray(Float32Array.from(sobelGrid(grid, axis, options).data), grid.shape);
};

/**
 * The magnitude of the Sobel gradient of each channel, like `scipy.ndimage.generic_gradient_magnitude(image, sobel)`:
 * sqrt(sum over axes of sobel(image, axis)^2).
 *
 * @param image `[...grid, channels]`
 * @returns an array of the same shape
 * @throws RangeError when the array is empty
 */
export const sobelMagnitude = (image: ArrayView, options: FilterOptions = {}): DenseArray => {
  assertOptions('sobelMagnitude', options, { boundary: 1 });
  assertBoundary('sobelMagnitude', options.boundary ?? 'reflect');

  const grid = toGrid('sobelMagnitude', image);
  const squares = new Float64Array(grid.data.length);
  for (let axis = 0; axis < grid.shape.length - 1; axis++) {
    const { data } = sobelGrid(grid, axis, options);
    for (let i = 0; i < data.length; i++) squares[i]! += data[i]! ** 2;
  }
  return denseArray(Float32Array.from(squares, Math.sqrt), grid.shape);
};
