/**
 * @file Finite differences in a field's coordinate units. The derivatives of a field are per coordinate unit, not per
 *   pixel: over [-1, 1] the spacing of 256 pixels is 2/255, so the two differ by a factor of 127.5 (127.5^2 for second
 *   derivatives).
 */
import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, rowMajorStrides } from '../arrays/array-view.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { axisStep, type GridOptions, gridAxes } from '../grids/axis.ts';
import {
  assertBoundary,
  type BoundaryMode,
  correlateAxis,
  type FilterOptions,
  type Grid,
  toGrid,
} from './correlate.ts';

/** The grid of the coordinates, and the treatment of the boundary. */
export interface CoordinateDerivativeOptions extends GridOptions, FilterOptions {}

/** The options of {@link coordinateGradient}. */
export interface CoordinateGradientOptions extends GridOptions {
  /**
   * `reflect` if absent, as in scipy.ndimage: on the border it gives half the slope. `one-sided`: the difference to the
   * neighbour inside, which has the right slope, of first order.
   */
  readonly boundary?: BoundaryMode | 'one-sided';
}

/** Doubles what is on both ends of an axis. */
const doubleEnds = ({ data, shape }: Grid, axis: number): void => {
  const length = shape[axis]!;
  const stride = rowMajorStrides(shape)[axis]!;
  for (let first = 0; first < data.length; first += length * stride)
    for (const row of new Set([0, length - 1]))
      for (let i = first + row * stride; i < first + (row + 1) * stride; i++) data[i]! *= 2;
};

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
export const coordinateGradient = (image: ArrayView, options: CoordinateGradientOptions = {}): DenseArray => {
  assertOptions('coordinateGradient', options, { convention: 1, aspect: 1, spans: 1, boundary: 1 });

  const { boundary = 'reflect' } = options;
  assertBoundary('coordinateGradient', boundary, ['one-sided']);
  const grid = toGrid('coordinateGradient', image);
  const channels = grid.shape.at(-1)!;
  const axes = gridAxes('coordinateGradient', grid.shape.slice(0, -1), options);
  const width = axes.length * channels;
  const out = new Float32Array(grid.data.length * axes.length);
  for (const [k, axis] of axes.entries()) {
    if (axis.length === 1) continue;
    const half = 1 / (2 * axisStep(axis));
    const slopes = correlateAxis(grid, k, [-half, 0, half], boundary === 'one-sided' ? 'reflect' : boundary);
    if (boundary === 'one-sided') doubleEnds(slopes, k);
    const { data } = slopes;
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

  const { boundary = 'reflect' } = options;
  assertBoundary('coordinateLaplacian', boundary);
  const grid = toGrid('coordinateLaplacian', image);
  const sum = new Float64Array(grid.data.length);
  for (const [k, axis] of gridAxes('coordinateLaplacian', grid.shape.slice(0, -1), options).entries()) {
    if (axis.length === 1) continue;
    const scale = 1 / axisStep(axis) ** 2;
    const { data } = correlateAxis(grid, k, [scale, -2 * scale, scale], boundary);
    for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
  }
  return denseArray(Float32Array.from(sum), grid.shape);
};
