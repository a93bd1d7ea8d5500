/** @file Statistics of measurements over seeds. */

/** The mean, and the sample standard deviation, which is 0 for a single value. */
export interface MeanAndDeviation {
  readonly mean: number;
  readonly deviation: number;
}

/** The mean of some values. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean and the deviation sqrt(sum (x - mean)^2 / (n - 1)) of some values. */
export const meanAndDeviation = (values: readonly number[]): MeanAndDeviation => {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
};

/** `31.90 +- 0.22` */
export const formatMean = (values: readonly number[]): string => {
  const { mean, deviation } = meanAndDeviation(values);
  return `${mean.toFixed(2)} +- ${deviation.toFixed(2)}`;
};

/** In how many of the pairs the first value is larger. */
export const winsOf = (own: readonly number[], others: readonly number[]): number =>
  own.filter((value, i) => value > (others[i] as number)).length;
