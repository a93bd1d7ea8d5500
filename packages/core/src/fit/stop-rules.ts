/** @file Early stopping. Stop rules are checked at every report; their states are saved in checkpoints. */
import { assertOptions } from '../options.ts';
import type { FitProgress } from './progress.ts';
import type { Term } from './term.ts';

/** What a rule gets besides the progress. */
export interface StopContext {
  /** The state that it returned last time; empty at first. */
  readonly state: readonly number[];
  /** Computes the mean loss of a term at the current parameters, without its weight, on the same points each time. */
  lossOf(term: Term): Promise<number>;
}

/** The result of a rule. */
export interface StopVerdict {
  /** The state to pass next time: finite numbers. */
  readonly state: readonly number[];
  /** Why the fit should end now; absent to continue. */
  readonly reason?: string;
  /**
   * True where the latest parameters have reached what the rule waits for: the fit then ends with them, also with
   * `keepBest`. False if absent.
   */
  readonly isReached?: boolean;
}

/** Decides when a fit ends early. */
export interface StopRule {
  /** Identifies the rule; a resumed run must have the same description. */
  describe(): string;
  /** Terms besides the objective whose loss it computes; none if absent. */
  readonly terms?: readonly Term[];
  judge(progress: FitProgress, context: StopContext): StopVerdict | Promise<StopVerdict>;
}

/** A metric of a fit's progress by its name: the loss, the loss of a term, or a derived metric. */
const metricOf = ({ loss, terms, metrics }: FitProgress, name: string): number => {
  if (Object.hasOwn(metrics, name)) return metrics[name] as number;
  if (Object.hasOwn(terms, name)) return terms[name] as number;
  if (name === 'loss') return loss;
  const known = ['loss', ...Object.keys(terms), ...Object.keys(metrics)];
  throw new RangeError(
    `fit: until must name a metric of the progress, got '${name}'; known: ${[...new Set(known)].join(', ')}`,
  );
};

/** The options of {@link stopAt}. */
export interface StopAtOptions {
  /** `loss`, the name of a term, or that of a derived metric, e.g. `psnr`. */
  readonly metric: string;
  /** The fit ends when the metric is at least this. */
  readonly atLeast?: number;
  /** The fit ends when the metric is at most this. */
  readonly atMost?: number;
  /**
   * Compares a running mean m <- decay m + (1 - decay) metric over the reports instead of the latest value, for losses
   * of random points; 0 if absent: the latest value.
   */
  readonly decay?: number;
}

/**
 * Ends a fit when a metric is good enough, e.g. `stopAt({ metric: 'psnr', atLeast: 40 })`.
 *
 * @throws RangeError unless exactly one of `atLeast` and `atMost` is a finite number; during the fit, when the progress
 *   has no such metric
 */
export const stopAt = (options: StopAtOptions): StopRule => {
  assertOptions('stopAt', options, { metric: 1, atLeast: 1, atMost: 1, decay: 1 });
  const { metric, atLeast, atMost, decay = 0 } = options;

  const bound = atLeast ?? atMost;
  if ((atLeast === undefined) === (atMost === undefined) || !Number.isFinite(bound))
    throw new RangeError(
      `stopAt: needs a finite number as either atLeast or atMost, got ${String(atLeast)} and ${String(atMost)}`,
    );
  if (!(typeof decay === 'number' && decay >= 0 && decay < 1))
    throw new RangeError(`stopAt: decay must be a number in [0, 1), got ${String(decay)}`);
  const what = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  return {
    describe: () => (decay === 0 ? `${metric} ${what}` : `${metric} ${what}, as a mean with decay ${decay}`),
    judge: (progress, { state: [mean] }) => {
      const latest = metricOf(progress, metric);
      const value = mean === undefined ? latest : decay * mean + (1 - decay) * latest;
      const isReached = atLeast === undefined ? value <= (atMost as number) : value >= atLeast;
      // A perfect fit has no finite PSNR.
      const state = decay === 0 || !Number.isFinite(value) ? [] : [value];
      return { state, ...(isReached && { reason: `${metric} is ${value}, ${what}`, isReached }) };
    },
  };
};

/** How long a metric may go without improving. */
export interface PatienceOptions {
  /** The number of steps within which it must improve. */
  readonly patience: number;
  /** The minimum improvement that counts, relative to the best value so far; 0 if absent. */
  readonly minImprovement?: number;
}

const assertPatience = (what: string, { patience, minImprovement = 0 }: PatienceOptions): void => {
  if (!(Number.isSafeInteger(patience) && patience >= 1))
    throw new RangeError(`${what}: patience must be a positive number of steps, got ${String(patience)}`);
  if (!(Number.isFinite(minImprovement) && minImprovement >= 0 && minImprovement < 1))
    throw new RangeError(`${what}: minImprovement must be a number in [0, 1), got ${String(minImprovement)}`);
};

/** Tracks the best value and its step. @param value the smaller, the better */
const judgePatience = (
  what: string,
  { value, step, state }: { readonly value: number; readonly step: number; readonly state: readonly number[] },
  { patience, minImprovement = 0 }: PatienceOptions,
): StopVerdict => {
  const [best, bestStep] = state;
  if (best === undefined || bestStep === undefined || value < best - minImprovement * Math.abs(best))
    return { state: [value, step] };
  if (step - bestStep < patience) return { state };
  return {
    state,
    reason: `${what} has not improved for ${step - bestStep} steps: it is ${value}, and was ${best} at step ${bestStep}`,
  };
};

/** The options of {@link stopOnPlateau}. */
export interface StopOnPlateauOptions extends PatienceOptions {
  /** A term or a metric that decreases as the fit improves; `loss` if absent. */
  readonly metric?: string;
}

/**
 * Ends a fit when its loss has stopped improving.
 *
 * @throws RangeError when an option is out of its range
 */
export const stopOnPlateau = (options: StopOnPlateauOptions): StopRule => {
  assertOptions('stopOnPlateau', options, { metric: 1, patience: 1, minImprovement: 1 });

  assertPatience('stopOnPlateau', options);
  const { metric = 'loss', patience, minImprovement = 0 } = options;
  return {
    describe: () => `${metric} improved by ${minImprovement} within ${patience} steps`,
    judge: (progress, { state }) =>
      judgePatience(metric, { value: metricOf(progress, metric), step: progress.step, state }, options),
  };
};

/**
 * Ends a fit when the loss at held-out points has stopped improving.
 *
 * @param term the held-out points and their loss; its weight does not matter. Evaluated at every report, at the same
 *   points each time
 * @throws RangeError when an option is out of its range
 */
export const stopOnHeldOut = (term: Term, options: PatienceOptions): StopRule => {
  assertOptions('stopOnHeldOut', options, { patience: 1, minImprovement: 1 });
  assertPatience('stopOnHeldOut', options);
  const { patience, minImprovement = 0 } = options;
  const what = `the loss of '${term.name}' at held-out points`;
  return {
    describe: () => `${what} (${term.points.pointsPerStep}) improved by ${minImprovement} within ${patience} steps`,
    terms: [term],
    judge: async ({ step }, { state, lossOf }) =>
      judgePatience(what, { value: await lossOf(term), step, state }, options),
  };
};
