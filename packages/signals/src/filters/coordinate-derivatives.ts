/**
 * @file Finite differences in the units of a field's coordinates. What a field's jet gives is a derivative by
 *   coordinate, not by pixel: over [-1, 1] a step of an image of 256 pixels is 2/255, so the two differ by 127.5 (and
 *   127.5^2 for second derivatives).
 */
import type { ArrayView } from '../arrays/array-view.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { axisStep, type GridOptions, gridAxes } from '../grids/axis.ts';
import { correlateAxis, type FilterOptions, toGrid } from './correlate.ts';

/** The grid that the coordinates are of, and the ends. */
export interface CoordinateDerivativeOptions extends GridOptions, FilterOptions {}

/**
 * The gradient by central differences, per unit of coordinate: a target for a field's gradient.
 *
 * d value / d x_k = (value[i + 1] - value[i - 1]) / (2 step_k)
 *
 * @param image `[...grid, channels]`, whose values are those of the field's target (map [0, 1] to [-1, 1] first, or
 *   double the result)
 * @returns `f32[...grid, d * channels]`, element `k * channels + c` the derivative of channel c along axis k (y before
 *   x); along an axis of one point 0
 * @throws RangeError when the array is empty or the spans do not fit
 */
export const coordinateGradient = (image: ArrayView, options: CoordinateDerivativeOptions = {}): DenseArray => {
  const grid = toGrid('coordinateGradient', image);
  const channels = grid.shape.at(-1)!;
  const axes = gridAxes('coordinateGradient', grid.shape.slice(0, -1), options);
  const width = axes.length * channels;
  const out = new Float32Array(grid.data.length * axes.length);
  for (const [k, axis] of axes.entries()) {
    if (axis.length === 1) continue;
    const half = 1 / (2 * axisStep(axis));
    const { data } = correlateAxis(grid, k, [-half, 0, half], options.boundary ?? 'reflect');
    for (let i = 0; i < data.length; i++)
      out[Math.floor(i / channels) * width + k * channels + (i % channels)] = data[i]!;
  }
  return denseArray(out, [...grid.shape.slice(0, -1), width]);
};

/**
 * The Laplacian by second differences, per unit of coordinate squared: a target for a field's Laplacian.
 *
 * sum_k (value[i + 1] - 2 value[i] + value[i - 1]) / step_k^2
 *
 * @param image `[...grid, channels]`, whose values are those of the field's target
 * @returns an array of the same shape
 * @throws RangeError when the array is empty or the spans do not fit
 */
export const coordinateLaplacian = (image: ArrayView, options: CoordinateDerivativeOptions = {}): DenseArray => {
  const grid = toGrid('coordinateLaplacian', image);
  const sum = new Float64Array(grid.data.length);
  for (const [k, axis] of gridAxes('coordinateLaplacian', grid.shape.slice(0, -1), options).entries()) {
    if (axis.length === 1) continue;
    const scale = 1 / axisStep(axis) ** 2;
    const { data } = correlateAxis(grid, k, [scale, -2 * scale, scale], options.boundary ?? 'reflect');
    for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
  }
  return denseArray(Float32Array.from(sum), grid.shape);
};
