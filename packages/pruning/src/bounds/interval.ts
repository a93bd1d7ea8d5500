/** @file Interval arithmetic on the formulas of activations. */
import type { Expression, Operation } from '@neural-fields/core/elementwise';

/** All numbers from `low` to `high`. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** All numbers. */
export const everything: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const of = (low: number, high: number): Interval =>
  Number.isNaN(low) || Number.isNaN(high) ? everything : { low, high };

/** The hull of two intervals. */
export const hull = (a: Interval, b: Interval): Interval => of(Math.min(a.low, b.low), Math.max(a.high, b.high));

/** The largest distance between a number of one interval and a number of another. */
export const largestDifference = (a: Interval, b: Interval): number => Math.max(a.high - b.low, b.high - a.low);

/** The largest absolute value. */
export const magnitude = ({ low, high }: Interval): number => Math.max(Math.abs(low), Math.abs(high));

/** 0 times anything, infinity too, is 0 here: an interval holds real numbers alone. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

/** a b */
export const product = (a: Interval, b: Interval): Interval => {
  const all = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
  return of(Math.min(...all), Math.max(...all));
};

const increasing =
  (f: (x: number) => number) =>
  (a: Interval): Interval =>
    of(f(a.low), f(a.high));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** cos over an interval. */
const cosine = ({ low, high }: Interval): Interval => {
  if (!(high - low < 2 * Math.PI)) return { low: -1, high: 1 };
  const ends = [Math.cos(low), Math.cos(high)];
  const contains = (angle: number): boolean => Math.ceil((low - angle) / (2 * Math.PI)) * 2 * Math.PI + angle <= high;
  return of(contains(Math.PI) ? -1 : Math.min(...ends), contains(0) ? 1 : Math.max(...ends));
};

const absolute = ({ low, high }: Interval): Interval =>
  low <= 0 && high >= 0
    ? of(0, Math.max(-low, high))
    : of(Math.min(Math.abs(low), Math.abs(high)), Math.max(Math.abs(low), Math.abs(high)));

type Rule = (a: Interval, b: Interval, c: Interval) => Interval;

const rules: Readonly<Record<Operation, Rule>> = {
  neg: a => of(-a.high, -a.low),
  abs: absolute,
  sign: increasing(Math.sign),
  floor: increasing(Math.floor),
  sqrt: a => of(Math.sqrt(Math.max(0, a.low)), Math.sqrt(Math.max(0, a.high))),
  exp: increasing(Math.exp),
  log: a => of(Math.log(Math.max(0, a.low)), Math.log(Math.max(0, a.high))),
  sin: a => cosine(of(a.low - Math.PI / 2, a.high - Math.PI / 2)),
  cos: cosine,
  tanh: increasing(Math.tanh),
  sigmoid: increasing(sigmoid),
  softplus: increasing(softplus),
  add: (a, b) => of(a.low + b.low, a.high + b.high),
  sub: (a, b) => of(a.low - b.high, a.high - b.low),
  mul: product,
  div: (a, b) => (b.low <= 0 && b.high >= 0 ? everything : product(a, of(1 / b.high, 1 / b.low))),
  min: (a, b) => of(Math.min(a.low, b.low), Math.min(a.high, b.high)),
  max: (a, b) => of(Math.max(a.low, b.low), Math.max(a.high, b.high)),
  greater: (a, b) => of(a.low > b.high ? 1 : 0, a.high > b.low ? 1 : 0),
  select: (test, a, b) => (test.low > 0 ? a : test.high <= 0 ? b : hull(a, b)),
};

/**
 * An interval that contains all values of a formula for x in an interval.
 *
 * @param parameters the values of its parameters
 */
export const rangeOf = (
  expression: Expression,
  x: Interval,
  parameters: Readonly<Record<string, number>>,
  known: Map<Expression, Interval> = new Map(),
): Interval => {
  const found = known.get(expression);
  if (found) return found;
  const compute = (): Interval => {
    switch (expression.kind) {
      case 'argument':
        return x;
      case 'constant':
        return of(expression.value, expression.value);
      case 'parameter': {
        const value = parameters[expression.name] ?? Number.NaN;
        return of(value, value);
      }
      case 'operation': {
        const { op, operands } = expression;
        const [a = everything, b = everything, c = everything] = operands.map(operand =>
          rangeOf(operand, x, parameters, known),
        );
        // A square is a product of one expression with itself.
        if (op === 'mul' && operands[0] === operands[1]) {
          const size = absolute(a);
          return of(size.low ** 2, size.high ** 2);
        }
        return rules[op](a, b, c);
      }
    }
  };
  const range = compute();
  known.set(expression, range);
  return range;
};

/** The number of pieces of an interval, each with a range of its own: their union is narrower than one range. */
const PIECES = 32;

/** As {@link rangeOf}, but closer for a finite interval. */
export const closeRangeOf = (
  expression: Expression,
  x: Interval,
  parameters: Readonly<Record<string, number>>,
): Interval => {
  const whole = rangeOf(expression, x, parameters);
  const width = x.high - x.low;
  if (!Number.isFinite(width) || width === 0) return whole;
  const pieces = Array.from({ length: PIECES }, (_, i) =>
    rangeOf(
      expression,
      { low: x.low + (width * i) / PIECES, high: i === PIECES - 1 ? x.high : x.low + (width * (i + 1)) / PIECES },
      parameters,
    ),
  );
  const union = pieces.reduce(hull);
  return { low: Math.max(whole.low, union.low), high: Math.min(whole.high, union.high) };
};
