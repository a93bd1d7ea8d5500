/** @file The one definition of the best rate of a method. */
import type { TrialResult } from './results.ts';

/** The quality at the samples that a rate has to reach for its quality between them to count, in decibels. */
export const SUFFICIENT = 40;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Candidate {
  readonly rate: number;
  readonly at: number;
  readonly between: number;
  readonly reaches: boolean;
}

/** Whether the first is better; a rate whose field is not finite is worse than any other. */
const isBetter = (one: Candidate, other: Candidate): boolean => {
  if (!Number.isFinite(one.at) || !Number.isFinite(other.at))
    return Number.isFinite(one.at) && !Number.isFinite(other.at);
  if (one.reaches !== other.reaches) return one.reaches;
  return one.reaches ? one.between > other.between : one.at > other.at;
};

/**
 * The best rate among results of a method that differ in their rates and seeds: of the rates with the most seeds that
 * reach {@link SUFFICIENT} at the samples with all of them, the one with the highest mean quality between the samples;
 * where there is none, the one with the highest mean quality at the samples. `undefined` where every run diverged.
 */
export const bestRate = (results: readonly TrialResult[]): number | undefined => {
  const byRate = new Map<number, TrialResult[]>();
  for (const result of results) {
    const { rate } = result.trial.method;
    byRate.set(rate, [...(byRate.get(rate) ?? []), result]);
  }
  const most = Math.max(...[...byRate.values()].map(({ length }) => length));
  const candidates = [...byRate]
    .filter(([, { length }]) => length === most)
    .map(([rate, some]): Candidate => {
      const at = some.some(({ diverged }) => diverged !== undefined)
        ? Number.NaN
        : mean(some.map(one => one.final.psnr));
      const between = mean(some.map(one => one.final.between));
      return { rate, at, between, reaches: some.every(one => one.reached.some(each => each.threshold === SUFFICIENT)) };
    });
  const [best] = candidates.sort((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : 0));
  return best !== undefined && Number.isFinite(best.at) ? best.rate : undefined;
};
