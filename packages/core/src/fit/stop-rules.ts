/**
 * @file When a fit ends before its last step. Rules are asked at every report; what they keep is saved in checkpoints.
 */
import type { FitProgress } from './progress.ts';
import type { Term } from './term.ts';

/** What a rule is told beside the progress. */
export interface StopContext {
  /** What it has left the last time; empty at first. */
  readonly state: readonly number[];
  /**
   * The mean loss of a term at the parameters that were reached, without its weight. The points are the same each time.
   */
  lossOf(term: Term): Promise<number>;
}

/** What a rule finds. */
export interface StopVerdict {
  /** What it wants to be told the next time: finite numbers. */
  readonly state: readonly number[];
  /** Why the fit should end now; absent if it should go on. */
  readonly reason?: string;
}

/** Says when a fit has gone on for long enough. */
export interface StopRule {
  /** What a resumed run must agree on. */
  describe(): string;
  /** The terms beside the objective that it asks for the loss of; none if absent. */
  readonly terms?: readonly Term[];
  judge(progress: FitProgress, context: StopContext): StopVerdict | Promise<StopVerdict>;
}

/** A figure of a fit's progress: the loss, the loss of a term, or a metric by its name. */
const figureOf = ({ loss, terms, metrics }: FitProgress, name: string): number => {
  if (Object.hasOwn(metrics, name)) return metrics[name] as number;
  if (Object.hasOwn(terms, name)) return terms[name] as number;
  if (name === 'loss') return loss;
  const known = ['loss', ...Object.keys(terms), ...Object.keys(metrics)];
  throw new RangeError(
    `fit: until must name a figure of the progress, got '${name}'; those are ${[...new Set(known)].join(', ')}`,
  );
};

/** The options of {@link stopAt}. */
export interface StopAtOptions {
  /** `loss`, the name of a term, or that of a metric, e.g. `psnr`. */
  readonly figure: string;
  /** The fit ends when the figure is this or more. */
  readonly atLeast?: number;
  /** The fit ends when the figure is this or less. */
  readonly atMost?: number;
}

/**
 * Ends a fit when a figure of its progress is good enough, e.g. `stopAt({ figure: 'psnr', atLeast: 40 })`.
 *
 * @throws RangeError unless exactly one of `atLeast` and `atMost` is a finite number; while it fits, when the progress
 *   has no such figure
 */
export const stopAt = ({ figure, atLeast, atMost }: StopAtOptions): StopRule => {
  const bound = atLeast ?? atMost;
  if ((atLeast === undefined) === (atMost === undefined) || !Number.isFinite(bound))
    throw new RangeError(
      `stopAt: needs a finite number as either atLeast or atMost, got ${String(atLeast)} and ${String(atMost)}`,
    );
  const what = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  return {
    describe: () => `${figure} ${what}`,
    judge: progress => {
      const value = figureOf(progress, figure);
      const isReached = atLeast === undefined ? value <= (atMost as number) : value >= atLeast;
      return { state: [], ...(isReached && { reason: `${figure} is ${value}, ${what}` }) };
    },
  };
};

/** How long a figure may go without getting better. */
export interface PatienceOptions {
  /** In how many steps it must get better once. */
  readonly patience: number;
  /** By what part of the best value so far it must get better to count; 0 if absent. */
  readonly least?: number;
}

const assertPatience = (what: string, { patience, least = 0 }: PatienceOptions): void => {
  if (!(Number.isSafeInteger(patience) && patience >= 1))
    throw new RangeError(`${what}: patience must be a positive number of steps, got ${String(patience)}`);
  if (!(Number.isFinite(least) && least >= 0 && least < 1))
    throw new RangeError(`${what}: least must be a number in [0, 1), got ${String(least)}`);
};

/** Keeps the best value, and the step that had it. @param value the smaller, the better */
const judgePatience = (
  what: string,
  { value, step, state }: { readonly value: number; readonly step: number; readonly state: readonly number[] },
  { patience, least = 0 }: PatienceOptions,
): StopVerdict => {
  const [best, bestStep] = state;
  if (best === undefined || bestStep === undefined || value < best - least * Math.abs(best))
    return { state: [value, step] };
  if (step - bestStep < patience) return { state };
  return {
    state,
    reason: `${what} has not got better for ${step - bestStep} steps: it is ${value}, and was ${best} at step ${bestStep}`,
  };
};

/** The options of {@link stopOnPlateau}. */
export interface StopOnPlateauOptions extends PatienceOptions {
  /** `loss` if absent; otherwise a term or a metric that gets smaller as the fit gets better. */
  readonly figure?: string;
}

/**
 * Ends a fit when its loss has not got better for some steps.
 *
 * @throws RangeError when an option is out of its range
 */
export const stopOnPlateau = (options: StopOnPlateauOptions): StopRule => {
  assertPatience('stopOnPlateau', options);
  const { figure = 'loss', patience, least = 0 } = options;
  return {
    describe: () => `${figure} better by ${least} in ${patience} steps`,
    judge: (progress, { state }) =>
      judgePatience(figure, { value: figureOf(progress, figure), step: progress.step, state }, options),
  };
};

/**
 * Ends a fit when the loss at points that it does not learn from has not got better for some steps.
 *
 * @param term the held-out points and their loss; its weight does not matter. It is worked out at every report, at the
 *   same points each time
 * @throws RangeError when an option is out of its range
 */
export const stopOnHeldOut = (term: Term, options: PatienceOptions): StopRule => {
  assertPatience('stopOnHeldOut', options);
  const { patience, least = 0 } = options;
  const what = `the loss of '${term.name}' at held-out points`;
  return {
    describe: () => `${what} (${term.points.pointsPerStep}) better by ${least} in ${patience} steps`,
    terms: [term],
    judge: async ({ step }, { state, lossOf }) =>
      judgePatience(what, { value: await lossOf(term), step, state }, options),
  };
};
