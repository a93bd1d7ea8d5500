/** @file What a run compares, and which trials that takes, given the results so far. */
import { bestRate } from './best-rate.ts';
import type { TrialResult } from './results.ts';
import type { Budget, Method, Network, QualityPeer, Trial } from './trial.ts';

/** Methods with the same mathematics: they differ in their rates, and in the programs that compute them. */
export interface Family extends Omit<Method, 'peer' | 'rate'> {
  readonly peers: readonly QualityPeer[];
  /** The learning rates to begin with, increasing. */
  readonly rates: readonly number[];
}

/** Every signal with every family. */
export interface Plan {
  /** With the samples along each axis; see `SignalDefinition.create`. */
  readonly signals: readonly { readonly name: string; readonly size: number }[];
  readonly network: Network;
  readonly families: readonly Family[];
  readonly budget: Budget;
  readonly seeds: readonly number[];
  /** Whether every peer tries all rates, instead of the first of a family alone. */
  readonly sweepAllPeers?: boolean;
}

/** The result of a trial that was run; `failed` where its peer failed, `undefined` before it was run. */
export type Settled = (trial: Trial) => TrialResult | 'failed' | undefined;

/** Where the best rate is the lowest or the highest, the next one beyond is tried, at most so often for a sweep. */
export const MAX_EXTENSIONS = 2;
/** The ratio of a rate that is tried beyond the others. */
const EXTENSION = 2;

/** A decimal number as one would write it: 0.008, not 0.008000000000000002. */
const rounded = (rate: number): number => Number(rate.toPrecision(6));

/** Trials that are needed, in order, and the best rate once all of them are done. */
interface Sweep {
  readonly trials: readonly Trial[];
  readonly best: number | undefined;
  readonly done: boolean;
}

const sweepOf = (
  { rates, trialOf }: { readonly rates: readonly number[]; trialOf(rate: number, seed: number): Trial },
  seeds: readonly number[],
  settled: Settled,
): Sweep => {
  const [first = 0, ...others] = seeds;
  const resultsAt = (rate: number, some: readonly number[]): TrialResult[] =>
    some.flatMap(seed => {
      const result = settled(trialOf(rate, seed));
      return result === undefined || result === 'failed' ? [] : [result];
    });
  const isDone = (trials: readonly Trial[]): boolean => trials.every(trial => settled(trial) !== undefined);
  const bestOf = (some: readonly number[], of: readonly number[]): number | undefined =>
    bestRate(some.flatMap(rate => resultsAt(rate, of)));

  let tried = [...rates];
  let trials = tried.map(rate => trialOf(rate, first));
  for (let extensions = 0; ; extensions++) {
    if (!isDone(trials)) return { trials, best: undefined, done: false };
    const best = bestOf(tried, [first]);
    // A single rate is a choice, not a sweep.
    if (best === undefined || rates.length === 1 || extensions === MAX_EXTENSIONS) break;
    const [lowest, highest] = [tried[0] as number, tried.at(-1) as number];
    if (best !== lowest && best !== highest) break;
    tried = best === lowest ? [rounded(lowest / EXTENSION), ...tried] : [...tried, rounded(highest * EXTENSION)];
    trials = tried.map(rate => trialOf(rate, first));
  }
  const best = bestOf(tried, [first]);
  if (best === undefined) return { trials, best, done: true };
  const at = tried.indexOf(best);
  const near = tried.slice(Math.max(0, at - 1), at + 2);
  const further = others.flatMap(seed =>
    [best, ...near.filter(rate => rate !== best)].map(rate => trialOf(rate, seed)),
  );
  trials = [...trials, ...further];
  return isDone(further) ? { trials, best: bestOf(near, seeds), done: true } : { trials, best: undefined, done: false };
};

const trialsOfFamily = (
  family: Family,
  {
    signal,
    plan,
    settled,
  }: { readonly signal: Plan['signals'][number]; readonly plan: Plan; readonly settled: Settled },
): { readonly trials: readonly Trial[]; readonly done: boolean } => {
  const { peers, rates, ...method } = family;
  const { network, budget, seeds, sweepAllPeers = false } = plan;
  const trialOf = (peer: QualityPeer, rate: number, seed: number): Trial => ({
    ...{ signal: signal.name, size: signal.size, network, budget, seed },
    method: { ...method, peer, rate },
  });
  const trials: Trial[] = [];
  let lead: number | undefined;
  for (const peer of peers) {
    if (lead === undefined || sweepAllPeers) {
      const sweep = sweepOf({ rates, trialOf: (rate, seed) => trialOf(peer, rate, seed) }, seeds, settled);
      trials.push(...sweep.trials);
      if (!sweep.done) return { trials, done: false };
      // Where a peer fails or diverges at all rates, the next one tries them.
      lead ??= sweep.best;
      continue;
    }
    const rate = lead;
    trials.push(...seeds.map(seed => trialOf(peer, rate, seed)));
  }
  return { trials, done: true };
};

/**
 * The trials of a plan that are known to be needed, in order: for each signal and family the rates with the first seed,
 * then the best rate and its neighbours with the other seeds, then the best rate with the other peers. More become
 * known when these are done.
 */
export const trialsOf = (plan: Plan, settled: Settled): readonly Trial[] =>
  plan.signals.flatMap(signal =>
    plan.families.flatMap(family => trialsOfFamily(family, { signal, plan, settled }).trials),
  );

/** About as many trials as a plan takes, where the best rate of each sweep is not the first or the last. */
export const expectedTrials = (plan: Plan): readonly { readonly trial: Trial; readonly count: number }[] => {
  const further = plan.seeds.length - 1;
  return plan.signals.flatMap(({ name, size }) =>
    plan.families.flatMap(({ peers, rates, ...method }) =>
      peers.map((peer, place) => {
        const sweeps = place === 0 || (plan.sweepAllPeers ?? false);
        const near = Math.min(3, rates.length);
        return {
          trial: {
            ...{ signal: name, size, network: plan.network, budget: plan.budget, seed: plan.seeds[0] ?? 0 },
            method: { ...method, peer, rate: rates[0] ?? 0 },
          },
          count: sweeps ? rates.length + further * near : 1 + further,
        };
      }),
    ),
  );
};
