import type { Times } from './results.ts';

/** The quantile of at least one value at `share` from 0 to 1, linear between neighbours. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number];
  return below + (above - below) * (place - Math.floor(place));
};

/** The median of at least one value; of an even number of them the mean of the middle two. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median and the spread of at least one time. */
export const timesOf = (rounds: readonly number[]): Times => ({
  median: median(rounds),
  lowest: Math.min(...rounds),
  highest: Math.max(...rounds),
  rounds,
});

/** |a - b| / |b| in the Euclidean norm. */
export const relativeDistance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [distance, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    distance += ((a[i] as number) - (b[i] as number)) ** 2;
    norm += (b[i] as number) ** 2;
  }
  return Math.sqrt(distance / norm);
};
