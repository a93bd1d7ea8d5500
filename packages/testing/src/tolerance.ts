/** @file The shared tolerances, and comparisons whose messages show where they failed. */

/**
 * The allowed error of an element e is `absolute + relative |e|`; of an array in norm, `absolute + relative max |e|`.
 */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** The unit roundoff of float32: half the distance from 1 to the next number, 6e-8. */
export const FLOAT32_ROUNDOFF: number = 2 ** -24;

/**
 * One elementwise function made of up to about ten float32 operations, each accurate to an ulp or two, as exp and tanh
 * of the backends are.
 */
export const ELEMENTWISE: Tolerance = { relative: 16 * FLOAT32_ROUNDOFF };

/**
 * The value of a small field (up to four hidden layers of 64 features), in norm. A sum of 64 products has an error of
 * about sqrt(64) roundoffs, and a phase of size omega0 = 30 one of 30 roundoffs, which the next layers propagate: about
 * 2e-6, which is also the largest error observed for SIRENs of this size.
 */
export const FIELD_VALUE: Tolerance = { relative: 5e-6 };

/**
 * First derivatives of such a field, in norm: each layer multiplies by s'(z), which again has the error of the phase.
 */
export const FIELD_GRADIENT: Tolerance = { relative: 1e-5 };

/** Second-order forms of such a field, in norm: sums of products of two such factors, in which terms cancel. */
export const FIELD_SECOND: Tolerance = { relative: 2e-5 };

/**
 * The gradient of a loss with respect to parameters, in norm: a backward pass through all of the above, summed over
 * points.
 */
export const PARAMETER_GRADIENT: Tolerance = { relative: 1e-4 };

/** The element where two arrays differ most, relative to its allowed error. */
interface Worst {
  readonly index: number;
  readonly error: number;
  readonly allowed: number;
}

const worst = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowedAt: (e: number) => number,
): Worst | undefined => {
  let result: Worst | undefined;
  let excess = -1;
  for (let index = 0; index < expected.length; index++) {
    const [a, e] = [actual[index] as number, expected[index] as number];
    // Object.is: equal infinities and expected NaNs are no error.
    const error = Object.is(a, e) ? 0 : Math.abs(a - e);
    const allowed = Number.isFinite(e) ? allowedAt(e) : 0;
    const ratio = error === 0 ? 0 : Number.isNaN(error) ? Infinity : error / Math.max(allowed, 1e-300);
    if (ratio > excess) [result, excess] = [{ index, error, allowed }, ratio];
  }
  return result;
};

const check = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  label: string,
  allowedAt: (e: number) => number,
): void => {
  if (actual.length !== expected.length)
    throw new Error(`${label}: wanted ${expected.length} values, got ${actual.length}`);
  const found = worst(actual, expected, allowedAt);
  if (found === undefined || found.error <= found.allowed) return;
  const { index, error, allowed } = found;
  throw new Error(
    `${label}[${index}]: wanted ${expected[index]}, got ${actual[index]}, off by ${error}, allowed ${allowed}`,
  );
};

/** The largest finite magnitude of an array; 0 for an empty one. */
export const maxAbsolute = (values: ArrayLike<number>): number => {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (Number.isFinite(size) && size > max) max = size;
  }
  return max;
};

/**
 * Asserts that each element is close to the expected one: |a - e| <= absolute + relative |e|.
 *
 * @throws Error with the worst index, both values and the allowed error
 */
export const expectClose = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: Tolerance,
  label = 'values',
): void => check(actual, expected, label, e => absolute + relative * Math.abs(e));

/**
 * Asserts that two arrays are close in norm: max |a - e| <= absolute + relative max |e|. Right for sums whose terms
 * cancel.
 *
 * @throws Error with the worst index, both values and the allowed error
 */
export const expectCloseInNorm = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: Tolerance,
  label = 'values',
): void => {
  const allowed = absolute + relative * maxAbsolute(expected);
  check(actual, expected, label, () => allowed);
};

/** The relative error in norm, max |a - e| / max |e|; NaN when a value is NaN or the lengths differ. */
export const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length) return Number.NaN;
  const differences = Float64Array.from(expected, (e, i) => Math.abs((actual[i] as number) - e));
  return differences.some(Number.isNaN) ? Number.NaN : Math.max(0, ...differences) / (maxAbsolute(expected) || 1);
};
