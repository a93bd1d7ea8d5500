/** @file A sweep over the values of one setting, e.g. learning rates: the trials that it takes. */

/** The result of a trial that was run; `failed` where its program failed, `undefined` before it was run. */
export type SettledResult<R> = R | 'failed' | undefined;

/** What is swept. */
export interface SweepOptions<T, R> {
  /** The values to begin with, increasing. A single value is a choice, not a sweep. */
  readonly values: readonly number[];
  trialOf(value: number, seed: number): T;
  /** All values are tried with the first; the best, and maybe its neighbours, with the others. */
  readonly seeds: readonly number[];
  settled(trial: T): SettledResult<R>;
  /** The best value among results that may be of several values and seeds; `undefined` where none is usable. */
  best(results: readonly R[]): number | undefined;
  /** The ratio of a value that is tried beyond the others, where the best is the lowest or the highest. */
  readonly extension: number;
  /** At most so many values are tried beyond the others. */
  readonly maxExtensions: number;
  /** How many neighbours of the best on each side are tried with the other seeds; 1 if absent. */
  readonly neighbours?: number;
}

/** The trials that are needed, in order, and the best value once all of them are done. */
export interface Sweep<T> {
  readonly trials: readonly T[];
  readonly best: number | undefined;
  readonly done: boolean;
}

/** A decimal number as one would write it: 0.008, not 0.008000000000000002. */
const rounded = (value: number): number => Number(value.toPrecision(6));

/** The trials of a sweep that are known to be needed. More become known when these are done. */
export const sweepOf = <T, R>(options: SweepOptions<T, R>): Sweep<T> => {
  const { values, trialOf, seeds, settled, best: bestAmong, extension, maxExtensions, neighbours = 1 } = options;
  const [first = 0, ...others] = seeds;
  const resultsAt = (value: number, some: readonly number[]): R[] =>
    some.flatMap(seed => {
      const result = settled(trialOf(value, seed));
      return result === undefined || result === 'failed' ? [] : [result];
    });
  const isDone = (trials: readonly T[]): boolean => trials.every(trial => settled(trial) !== undefined);
  const bestOf = (some: readonly number[], of: readonly number[]): number | undefined =>
    bestAmong(some.flatMap(value => resultsAt(value, of)));

  let tried = [...values];
  let trials = tried.map(value => trialOf(value, first));
  for (let extensions = 0; ; extensions++) {
    if (!isDone(trials)) return { trials, best: undefined, done: false };
    const best = bestOf(tried, [first]);
    if (best === undefined || values.length === 1 || extensions === maxExtensions) break;
    const [lowest, highest] = [tried[0] as number, tried.at(-1) as number];
    if (best !== lowest && best !== highest) break;
    tried = best === lowest ? [rounded(lowest / extension), ...tried] : [...tried, rounded(highest * extension)];
    trials = tried.map(value => trialOf(value, first));
  }
  const best = bestOf(tried, [first]);
  if (best === undefined) return { trials, best, done: true };
  const at = tried.indexOf(best);
  const near = tried.slice(Math.max(0, at - neighbours), at + neighbours + 1);
  const further = others.flatMap(seed =>
    [best, ...near.filter(value => value !== best)].map(value => trialOf(value, seed)),
  );
  trials = [...trials, ...further];
  return isDone(further) ? { trials, best: bestOf(near, seeds), done: true } : { trials, best: undefined, done: false };
};
