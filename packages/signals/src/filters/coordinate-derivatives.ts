/**
 * @file Finite differences in a field's coordinate units. The derivatives of a field are per coordinate unit, not per
 *   pixel: over [-1, 1] the spacing of 256 pixels is 2/255, so the two differ by a factor of 127.5 (127.5^2 for second
 *   derivatives).
 */
import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { axisStep, type GridOptions, gridAxes } from '../grids/axis.ts';
import { correlateAxis, type FilterOptions, toGrid } from './correlate.ts';

/** The grid of the coordinates, and the treatment of the boundary. */
export interface CoordinateDerivativeOptions extends GridOptions, FilterOptions {}

/**
 * The gradient by central differences, per coordinate unit: a target for a field's gradient.
 *
 * d value / d x_k = (value[i + 1] - value[i - 1]) / (2 step_k)
 *
 * @param image `[...grid, channels]`, whose values are those of the field's target (map [0, 1] to [-1, 1] first, or
 *   double the result)
 * @returns `f32[...grid, d * channels]`, where element `k * channels + c` is the derivative of channel c along axis k
 *   (y before x); 0 along an axis with one point
 * @throws RangeError when the array is empty or the spans do not fit
 */
export const coordinateGradient = (image: ArrayView, options: CoordinateDerivativeOptions = {}): DenseArray => {
  assertOptions('coordinateGradient', options, { convention: 1, aspect: 1, spans: 1, boundary: 1 });

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
 * The Laplacian by second differences, per squared coordinate unit: a target for a field's Laplacian.
 *
 * sum_k (value[i + 1] - 2 value[i] + value[i - 1]) / step_k^2
 *
 * @param image `[...grid, channels]`, whose values are those of the field's target
 * @returns an array of the same shape
 * @throws RangeError when the array is empty or the spans do not fit
 */
export const coordinateLaplacian = (image: ArrayView, options: CoordinateDerivativeOptions = {}): DenseArray => {
  assertOptions('coordinateLaplacian', options, { convention: 1, aspect: 1, spans: 1, boundary: 1 });

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
