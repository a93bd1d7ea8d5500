/**
 * @file Poisson's equation on a grid, laplacian u = f, solved exactly for second differences: (u[i - 1] - 2 u[i] + u[i
 * + 1]) / h^2 along each axis.
 */
import type { NdArray } from 'ndarray';
import { type ArrayView, assertShape, formatShape, toFloat64, toNdarray } from '../array-view.ts';
import { assertSpacing } from '../assert.ts';
import { divideBySymbol, setMean } from './symbols.ts';
import {
  alongAxis,
  cosineTransform,
  inverseCosineTransform,
  inverseSineTransform,
  sineTransform,
} from './transforms.ts';

/** The options of {@link solvePoisson} for a solution with no slope across the border. */
export interface PoissonNeumannOptions {
  readonly boundary?: 'neumann';
  /** The mean of every channel of the solution, which the equation leaves open; 0 if absent. */
  readonly mean?: number;
  /** The distance of neighbours along each axis; 1 if absent. */
  readonly spacing?: readonly number[];
}

/** The options of {@link solvePoisson} for a solution that is known on the border. */
export interface PoissonDirichletOptions {
  readonly boundary: 'dirichlet';
  /** An array of the solution's shape, of which the outermost points are the solution there; 0 if absent. */
  readonly border?: ArrayView;
  /** The distance of neighbours along each axis; 1 if absent. */
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

/** Where the inner points, in their own row-major order, are in the whole array. */
const innerPlaces = (shape: readonly number[]): Int32Array => {
  let places = [0];
  shape.forEach((length, axis) => {
    const isChannels = axis === shape.length - 1;
    const indices = Array.from({ length: isChannels ? length : length - 2 }, (_, i) => (isChannels ? i : i + 1));
    places = places.flatMap(place => indices.map(i => place * length + i));
  });
  return Int32Array.from(places);
};

const solveDirichlet = (
  rightSide: Float64Array,
  shape: readonly number[],
  spacing: readonly number[],
  border: Float64Array,
): Float64Array => {
  const places = innerPlaces(shape);
  const innerShape = shape.map((length, axis) => (axis === shape.length - 1 ? length : length - 2));
  const solution = border;
  for (const place of places) solution[place] = 0;
  // What is known goes to the right side: after this, the equation is that of a solution that is 0 on the border.
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const inner = Float64Array.from(places, place =>
    spacing.reduce(
      (sum, step, axis) => sum - (solution[place - strides[axis]!]! + solution[place + strides[axis]!]!) / step ** 2,
      rightSide[place]!,
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
  places.forEach((place, i) => {
    solution[place] = inner[i]!;
  });
  return solution;
};

/**
 * The solution of Poisson's equation laplacian u = f on a grid, to rounding, for the Laplacian of second differences.
 *
 * `neumann` (default): the signal goes on beyond the border as its mirror image (d c b a | a b c d), as in
 * `scipy.ndimage.laplace` and in `laplace` of `@neural-fields/signals`, whose inverse this is. The solution has the
 * mean that is asked for. A right side whose mean is not 0 has no solution: its mean is then left out, which is the
 * solution in the sense of least squares.
 *
 * `dirichlet`: the outermost points are known, and the equation holds at all others.
 *
 * Fast cosine and sine transforms: Buzbee, Golub and Nielson 1970, "On direct methods for solving Poisson's equations".
 *
 * @param rightSide f, `[...grid, channels]`, such as `[height, width, channels]`
 * @returns u, `f64[...grid, channels]`
 * @throws RangeError when the array is empty or has a number that is not finite, when an option does not fit it, or
 *   when an axis has less than 3 points and the border is known
 */
export const solvePoisson = (
  rightSide: ArrayView,
  options: PoissonNeumannOptions | PoissonDirichletOptions = {},
): NdArray<Float64Array> => {
  const { shape } = rightSide;
  if (shape.length < 2)
    throw new RangeError(`solvePoisson: the right side must be [...grid, channels], got ${formatShape(shape)}`);
  const data = toFloat64('solvePoisson', rightSide);
  const { spacing = shape.slice(1).map(() => 1) } = options;
  assertSpacing('solvePoisson: spacing', spacing, shape.length - 1);
  if (options.boundary !== 'dirichlet') {
    const { mean = 0 } = options;
    if (!Number.isFinite(mean)) throw new RangeError(`solvePoisson: mean must be a finite number, got ${mean}`);
    return toNdarray(solveNeumann(data, shape, spacing, mean), shape);
  }
  if (shape.slice(0, -1).some(length => length < 3))
    throw new RangeError(
      `solvePoisson: a grid with a known border must have 3 points along each axis, got ${formatShape(shape)}`,
    );
  const { border } = options;
  if (border) assertShape('solvePoisson', 'the border', border, shape);
  const known = border ? toFloat64('solvePoisson', border) : new Float64Array(data.length);
  return toNdarray(solveDirichlet(data, shape, spacing, known), shape);
};
