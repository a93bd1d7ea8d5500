/** @file Bessel functions of the first kind of integer order. */

/** The largest argument: beyond it the recurrence takes long, and no bounded layer comes near it. */
const MAX_ARGUMENT = 1e5;

/** The largest order. */
const MAX_ORDER = 1e6;

/** Rescales before products of the recurrence overflow. */
const LARGE = 1e250;

/** Below it, one term of the power series after the first is enough. */
const SMALL = 1e-6;

/** Whether J_n(x) is below the smallest number of float64: (x / 2)^n / n! with n! >= (n / e)^n. */
const isNegligible = (n: number, size: number): boolean =>
  n * Math.log((Math.E * size) / (2 * n)) < Math.log(Number.MIN_VALUE);

const assertArgument = (x: number): void => {
  if (!(Math.abs(x) <= MAX_ARGUMENT))
    throw new RangeError(`besselJ: x must be a number in [-${MAX_ARGUMENT}, ${MAX_ARGUMENT}], got ${x}`);
};

const assertOrder = (n: number): void => {
  if (!(Number.isInteger(n) && Math.abs(n) <= MAX_ORDER))
    throw new RangeError(`besselJ: n must be an integer in [-${MAX_ORDER}, ${MAX_ORDER}], got ${n}`);
};

/**
 * The bound (|x| / 2)^|n| / |n|! on |J_n(x)| as a logarithm: Abramowitz and Stegun 1964, 9.1.62.
 *
 * @param n an integer
 */
export const logBesselBound = (n: number, x: number): number => {
  const order = Math.abs(n);
  if (order === 0) return 0;
  let total = order * Math.log(Math.abs(x) / 2);
  for (let i = 2; i <= order; i++) total -= Math.log(i);
  return total;
};

/** J_n(x) = (x / 2)^n / n! (1 - (x / 2)^2 / (n + 1) + ...), Abramowitz and Stegun 1964, 9.1.10, for tiny x. */
const powerSeries = (values: Float64Array, x: number): Float64Array => {
  let power = 1;
  for (let n = 0; n < values.length; n++) {
    if (n > 0) power *= x / (2 * n);
    values[n] = power * (1 - (x / 2) ** 2 / (n + 1));
  }
  return values;
};

/**
 * An even order at which the backward recurrence can start with an arbitrary value: J there is below 1e-20 times the
 * largest of the wanted ones that float64 can represent.
 */
const startOrder = (maxOrder: number, size: number): number => {
  const from = Math.max(maxOrder, Math.ceil(size));
  // Beyond the turning point n = x the values fall like exp(-(n - x)^1.5 / x^0.5), faster the further away.
  return 2 * Math.ceil((from + 30 + 12 * Math.cbrt(from)) / 2);
};

/**
 * J_0(x) ... J_maxOrder(x), by Miller's backward recurrence J_(n-1) = (2 n / x) J_n - J_(n+1), normalised with J_0 + 2
 * (J_2 + J_4 + ...) = 1: Abramowitz and Stegun 1964, 9.1.27 and 9.1.46; Gautschi 1967, "Computational aspects of
 * three-term recurrence relations".
 *
 * The absolute error is below 1e-13 for |x| up to 100, and below 1e-12 for all x allowed.
 *
 * @param maxOrder an integer >= 0
 * @param x in [-1e5, 1e5]
 * @throws RangeError when an argument is out of its range
 */
export const besselJs = (maxOrder: number, x: number): Float64Array => {
  assertOrder(maxOrder);
  if (maxOrder < 0) throw new RangeError(`besselJs: maxOrder must be an integer >= 0, got ${maxOrder}`);
  assertArgument(x);
  const values = new Float64Array(maxOrder + 1);
  const size = Math.abs(x);
  if (size === 0) {
    values[0] = 1;
    return values;
  }
  if (size < SMALL) return powerSeries(values, x);
  let wanted = maxOrder;
  while (wanted > size + 1 && isNegligible(wanted, size)) wanted = Math.floor((wanted + size) / 2);
  let above = 0;
  let current = Number.MIN_VALUE / Number.EPSILON;
  let norm = 0;
  for (let n = startOrder(wanted, size); n >= 0; n--) {
    if (n <= maxOrder) values[n] = current;
    if (n % 2 === 0) norm += n === 0 ? current : 2 * current;
    if (n === 0) break;
    const below = ((2 * n) / size) * current - above;
    above = current;
    current = below;
    if (Math.abs(current) > LARGE) {
      for (let i = n; i <= maxOrder; i++) values[i] = (values[i] as number) / LARGE;
      above /= LARGE;
      current /= LARGE;
      norm /= LARGE;
    }
  }
  for (let n = 0; n <= maxOrder; n++) {
    const value = (values[n] as number) / norm;
    values[n] = x < 0 && n % 2 === 1 ? -value : value;
  }
  return values;
};

/** J_n of either sign of n from J_|n|: J_(-n) = (-1)^n J_n. */
export const signedOrder = (n: number, value: number): number => (n < 0 && n % 2 !== 0 ? -value : value);

/**
 * J_n(x), the Bessel function of the first kind of integer order, as {@link besselJs} computes it.
 *
 * @param n an integer; J_(-n) = (-1)^n J_n
 * @param x in [-1e5, 1e5]
 * @throws RangeError when an argument is out of its range
 */
export const besselJ = (n: number, x: number): number => {
  assertOrder(n);
  return signedOrder(n, besselJs(Math.abs(n), x)[Math.abs(n)] as number);
};
