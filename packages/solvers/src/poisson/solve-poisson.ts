/**
 * @file Poisson's equation on a grid, laplacian u = f, solved exactly in second-order differences: (u[i - 1] - 2 u[i] +
 * u[i + 1]) / h^2 along each axis.
 */
import { assertFinite, assertOneOf, assertOptions } from '@neural-fields/core/options';
import type { NdArray } from 'ndarray';
import { assertSpacing } from '../assert.ts';
import { assertShape, formatShape, type StridedArray, toFloat64, toNdarray } from '../strided-array.ts';
import { divideBySymbol, setMean } from './symbols.ts';
import {
  alongAxis,
  cosineTransform,
  inverseCosineTransform,
  inverseSineTransform,
  sineTransform,
} from './transforms.ts';

/** The options of {@link solvePoisson} for a zero normal derivative at the border. */
export interface PoissonNeumannOptions {
  readonly boundary?: 'neumann';
  /** The mean of every channel of the solution, which the equation does not determine; 0 if absent. */
  readonly mean?: number;
  /** The grid spacing along each axis; 1 if absent. */
  readonly spacing?: readonly number[];
}

/** The options of {@link solvePoisson} for given border values. */
export interface PoissonDirichletOptions {
  readonly boundary: 'dirichlet';
  /** An array of the solution's shape, whose outermost points give the values on the border; 0 if absent. */
  readonly border?: StridedArray;
  /** The grid spacing along each axis; 1 if absent. */
  readonly spacing?: readonly number[];
}

const squaredSine = (angle: number): number => Math.sin(angle) ** 2;

const solveNeumann = (
  data: Float64Array,
  shape: readonly number[],
  spacing: readonly number[],
  mean: number,
): Float64Array => {
  for (let axis = 0; axis < spacing.length; axis++) alongAxis(data, shape, axis, cosineTransform);
  const symbol = (frequency: readonly number[]): number =>
    frequency.reduce(
      (sum, k, axis) => sum - (4 / spacing[axis]! ** 2) * squaredSine((Math.PI * k) / (2 * shape[axis]!)),
      0,
    );
  divideBySymbol(data, shape, symbol);
  for (let axis = 0; axis < spacing.length; axis++) alongAxis(data, shape, axis, inverseCosineTransform);
  setMean(data, shape.at(-1)!, mean);
  return data;
};

/** The flat indices of the inner points in the whole array, in row-major order. */
const innerIndices = (shape: readonly number[]): Int32Array => {
  let indices = [0];
  shape.forEach((length, axis) => {
    const isChannels = axis === shape.length - 1;
    const along = Array.from({ length: isChannels ? length : length - 2 }, (_, i) => (isChannels ? i : i + 1));
    indices = indices.flatMap(index => along.map(i => index * length + i));
  });
  return Int32Array.from(indices);
};

const solveDirichlet = (
  rightSide: Float64Array,
  shape: readonly number[],
  spacing: readonly number[],
  border: Float64Array,
): Float64Array => {
  const indices = innerIndices(shape);
  const innerShape = shape.map((length, axis) => (axis === shape.length - 1 ? length : length - 2));
  const solution = border;
  for (const index of indices) solution[index] = 0;
  // Move the border values to the right-hand side, so that the remaining problem has zero border values.
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const inner = Float64Array.from(indices, index =>
    spacing.reduce(
      (sum, step, axis) => sum - (solution[index - strides[axis]!]! + solution[index + strides[axis]!]!) / step ** 2,
      rightSide[index]!,
    ),
  );
  for (let axis = 0; axis < spacing.length; axis++) alongAxis(inner, innerShape, axis, sineTransform);
  const symbol = (frequency: readonly number[]): number =>
    frequency.reduce(
      (sum, k, axis) =>
        sum - (4 / spacing[axis]! ** 2) * squaredSine((Math.PI * (k + 1)) / (2 * (innerShape[axis]! + 1))),
      0,
    );
  divideBySymbol(inner, innerShape, symbol);
  for (let axis = 0; axis < spacing.length; axis++) alongAxis(inner, innerShape, axis, inverseSineTransform);
  indices.forEach((index, i) => {
    solution[index] = inner[i]!;
  });
  return solution;
};

/**
 * Solves Poisson's equation laplacian u = f on a grid, exactly up to rounding, for the Laplacian of second differences.
 *
 * `neumann` (default): the signal is mirrored at the border (d c b a | a b c d), as in `scipy.ndimage.laplace` and
 * `laplacian` of `@neural-fields/signals`, which this inverts. The solution has the given mean. If the mean of f is not
 * 0 there is no exact solution, and the result is the least-squares solution, which ignores the mean of f.
 *
 * `dirichlet`: the values of the outermost points are given, and the equation holds at all others.
 *
 * Uses fast cosine and sine transforms: Buzbee, Golub and Nielson 1970, "On direct methods for solving Poisson's
 * equations".
 *
 * @param rightSide f, `[...grid, channels]`, such as `[height, width, channels]`
 * @returns u, `f64[...grid, channels]`
 * @throws RangeError when the array is empty or has an element that is not finite, when an option does not fit it, or
 *   when border values are given and an axis has fewer than 3 points
 */
export const solvePoisson = (
  rightSide: StridedArray,
  options: PoissonNeumannOptions | PoissonDirichletOptions = {},
): NdArray<Float64Array> => {
  assertOptions('solvePoisson', options, { boundary: 1, mean: 1, spacing: 1, border: 1 });

  assertOneOf('solvePoisson: boundary', options.boundary ?? 'neumann', ['neumann', 'dirichlet']);
  const { shape } = rightSide;
  if (shape.length < 2)
    throw new RangeError(`solvePoisson: the right-hand side must be [...grid, channels], got ${formatShape(shape)}`);
  const data = toFloat64('solvePoisson', rightSide);
  const { spacing = shape.slice(1).map(() => 1) } = options;
  assertSpacing('solvePoisson: spacing', spacing, shape.length - 1);
  if (options.boundary !== 'dirichlet') {
    const { mean = 0 } = options;
    assertFinite('solvePoisson: mean', mean);
    return toNdarray(solveNeumann(data, shape, spacing, mean), shape);
  }
  if (shape.slice(0, -1).some(length => length < 3))
    throw new RangeError(
      `solvePoisson: a grid with border values must have at least 3 points along each axis, got ${formatShape(shape)}`,
    );
  const { border } = options;
  if (border) assertShape('solvePoisson', 'the border', border, shape);
  const known = border ? toFloat64('solvePoisson', border) : new Float64Array(data.length);
  return toNdarray(solveDirichlet(data, shape, spacing, known), shape);
};
