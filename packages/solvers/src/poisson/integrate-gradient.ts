/**
 * @file Finds the signal whose differences best match a gradient field: min over u of sum_k |D_k u - g_k|^2, which is
 *   Poisson's equation sum_k D_k^T D_k u = sum_k D_k^T g_k. With mirrored borders all operators here are diagonal in
 *   the cosine transform.
 *
 *     forward   u[i + 1] - u[i], at the last point 0                       |D|^2 = 4 sin^2(pi k / 2n)
 *     central   (u[i + 1] - u[i - 1]) / 2                                   |D|^2 = sin^2(pi k / n)
 *     sobel     [-1, 0, 1] along the axis, [1, 2, 1] along the others       |D|^2 = 4 sin^2(pi k / n) prod (2 + 2 cos(pi k' / n'))^2
 */
import { assertFinite, assertOptions } from '@neural-fields/core/options';
import type { NdArray } from 'ndarray';
import { assertSpacing } from '../assert.ts';
import { elementCount, formatShape, type StridedArray, toFloat64, toNdarray } from '../strided-array.ts';
import { divideBySymbol, setMean } from './symbols.ts';
import { alongAxis, cosineTransform, inverseCosineTransform } from './transforms.ts';

/** The difference operator of the gradient field. */
export type DifferenceOperator = 'forward' | 'central' | 'sobel';

/** The options of {@link integrateGradient}. */
export interface IntegrateGradientOptions {
  /**
   * `central` if absent, as used by `coordinateGradient` of `@neural-fields/signals`; `sobel` is that package's
   * `sobel`.
   */
  readonly operator?: DifferenceOperator;
  /** The grid spacing along each axis, by which differences are divided; 1 if absent. */
  readonly spacing?: readonly number[];
  /** The mean of every channel of the result, which the gradient does not determine; 0 if absent. */
  readonly mean?: number;
}

/**
 * D^T of central differences with mirrored borders: D u[i] depends on u[i - 1] and u[i + 1], or on u[i] itself at an
 * end.
 */
const transposedCentral =
  (weight: number) =>
  (line: Float64Array): Float64Array => {
    const last = line.length - 1;
    const result = new Float64Array(line.length);
    for (let i = 0; i <= last; i++) {
      const part = weight * line[i]!;
      result[Math.min(i + 1, last)]! += part;
      result[Math.max(i - 1, 0)]! -= part;
    }
    return result;
  };

/** D^T of forward differences. */
const transposedForward =
  (weight: number) =>
  (line: Float64Array): Float64Array => {
    const result = new Float64Array(line.length);
    for (let i = 0; i + 1 < line.length; i++) {
      result[i + 1]! += weight * line[i]!;
      result[i]! -= weight * line[i]!;
    }
    return result;
  };

/** [1, 2, 1] with mirrored borders, which is its own transpose. */
const smoothing = (line: Float64Array): Float64Array => {
  const last = line.length - 1;
  return line.map((value, i) => line[Math.max(i - 1, 0)]! + 2 * value + line[Math.min(i + 1, last)]!);
};

/** The squared symbol of an operator along its axis, and along the others, at the angle pi k / n. */
interface OperatorSymbol {
  readonly along: (angle: number) => number;
  readonly across: (angle: number) => number;
}

const symbols: Readonly<Record<DifferenceOperator, OperatorSymbol>> = {
  forward: { along: angle => 4 * Math.sin(angle / 2) ** 2, across: () => 1 },
  central: { along: angle => Math.sin(angle) ** 2, across: () => 1 },
  sobel: { along: angle => 4 * Math.sin(angle) ** 2, across: angle => (2 + 2 * Math.cos(angle)) ** 2 },
};

/** D_axis^T g, in place. */
const transpose = (
  data: Float64Array,
  shape: readonly number[],
  axis: number,
  { operator, step }: { operator: DifferenceOperator; step: number },
): void => {
  if (operator === 'forward') {
    alongAxis(data, shape, axis, transposedForward(1 / step));
    return;
  }
  alongAxis(data, shape, axis, transposedCentral(operator === 'central' ? 1 / (2 * step) : 1 / step));
  if (operator === 'central') return;
  for (let other = 0; other < shape.length - 1; other++) if (other !== axis) alongAxis(data, shape, other, smoothing);
};

/**
 * Computes the signal with a given gradient in the least-squares sense. If the gradient is that of a signal, by the
 * same differences, the result is that signal up to its mean. Uses fast cosine transforms, as {@link solvePoisson}
 * does.
 *
 * Perez, Gangnet and Blake 2003, "Poisson image editing"; Frankot and Chellappa 1988, "A method for enforcing
 * integrability".
 *
 * @param gradient `[...grid, d * channels]`, element `k * channels + c` the difference of channel c along axis k, as
 *   `coordinateGradient` of `@neural-fields/signals` gives it
 * @returns `f64[...grid, channels]`
 * @throws RangeError when the array is empty or has an element that is not finite, or an option or the number of
 *   channels does not fit it
 */
export const integrateGradient = (
  gradient: StridedArray,
  options: IntegrateGradientOptions = {},
): NdArray<Float64Array> => {
  assertOptions('integrateGradient', options, { operator: 1, spacing: 1, mean: 1 });

  const grid = gradient.shape.slice(0, -1);
  const axes = grid.length;
  const { operator = 'central', spacing = grid.map(() => 1), mean = 0 } = options;
  const width = gradient.shape.at(-1) ?? 0;
  if (axes === 0 || width % axes !== 0)
    throw new RangeError(
      `integrateGradient: the gradient must be [...grid, d * channels] with d axes in the grid, got ${formatShape(gradient.shape)}`,
    );
  assertSpacing('integrateGradient: spacing', spacing, axes);
  assertFinite('integrateGradient: mean', mean);
  const values = toFloat64('integrateGradient', gradient);
  const channels = width / axes;
  const shape = [...grid, channels];
  const data = new Float64Array(elementCount(shape));
  spacing.forEach((step, axis) => {
    const part = data.map((_, i) => values[Math.floor(i / channels) * width + axis * channels + (i % channels)]!);
    transpose(part, shape, axis, { operator, step });
    for (let i = 0; i < data.length; i++) data[i]! += part[i]!;
  });
  const { along, across } = symbols[operator];
  for (let axis = 0; axis < grid.length; axis++) alongAxis(data, shape, axis, cosineTransform);
  divideBySymbol(data, shape, frequency => {
    const angles = frequency.map((k, axis) => (Math.PI * k) / grid[axis]!);
    return spacing.reduce(
      (sum, step, axis) =>
        sum +
        angles.reduce((product, angle, other) => product * (other === axis ? along(angle) : across(angle)), step ** -2),
      0,
    );
  });
  for (let axis = 0; axis < grid.length; axis++) alongAxis(data, shape, axis, inverseCosineTransform);
  setMean(data, channels, mean);
  return toNdarray(data, shape);
};
