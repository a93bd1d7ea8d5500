/** @file Distributions of values, as data to plot. */
import { assertCount } from '../assert-number.ts';

/** The moments and histogram of values, and the values. */
export interface Distribution {
  readonly values: Float32Array;
  readonly mean: number;
  /** The root of the mean squared deviation (n in the denominator). */
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly histogram: Histogram;
}

/** Counts in bins of equal width between the smallest and the largest value. */
export interface Histogram {
  /** The bin edges, one more than counts. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Summarises numbers. @throws RangeError when `bins` is not a positive integer */
export const distributionOf = (values: Float32Array, bins = 64): Distribution => {
  assertCount('distributionOf: bins', bins);
  let [total, minimum, maximum] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    total += value;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const mean = total / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const width = (maximum - minimum) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = width > 0 ? Math.min(bins - 1, Math.floor((value - minimum) / width)) : 0;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return {
    values,
    mean,
    standardDeviation: Math.sqrt(squares / values.length),
    minimum,
    maximum,
    histogram: { edges: Array.from({ length: bins + 1 }, (_, i) => minimum + i * width), counts },
  };
};
