import type { Times } from './results.ts';

/** The median of at least one number; of an even number of them the mean of the middle two. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
};

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
