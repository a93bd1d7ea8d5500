/** @file What a run compares, and which trials that takes, given the results so far. */
import { bestRate } from './best-rate.ts';
import type { TrialResult } from './results.ts';
import { type SettledResult, sweepOf } from './sweep.ts';
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
export type Settled = (trial: Trial) => SettledResult<TrialResult>;

/** Where the best rate is the lowest or the highest, the next one beyond is tried, at most so often for a sweep. */
export const MAX_EXTENSIONS = 2;
/** The ratio of a rate that is tried beyond the others. */
const EXTENSION = 2;

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
      const sweep = sweepOf({
        ...{ values: rates, seeds, settled, best: bestRate, extension: EXTENSION, maxExtensions: MAX_EXTENSIONS },
        trialOf: (rate, seed) => trialOf(peer, rate, seed),
      });
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
