/**
 * @file The one way in which programs run core's loop: with checkpoints and reports, and resumed from the last good
 * step after a divergence.
 */
import {
  type CheckpointStore,
  type ChunkListener,
  constant,
  DivergenceError,
  type FitOptions,
  type FitProgress,
  fit,
  type Model,
  type ModelCheckpoint,
  type ObjectiveTerm,
  type Optimizer,
} from '@neural-fields/core';
import type { Output } from '../output/output.ts';
import type { Progress } from '../output/progress.ts';
import { FACTOR_KEY, factorIn, JUMP, memoryStore, recoveriesOf, slowed } from './recovery.ts';

/** What is fitted. */
export interface DrivenFit {
  readonly model: Model;
  readonly terms: readonly ObjectiveTerm[];
  readonly options: Omit<FitOptions, 'checkpoint' | 'signal'> & { readonly optimizer: Optimizer };
  /** What identifies the run besides the model and the options: a checkpoint of another run is refused. */
  readonly identity: Readonly<Record<string, string>>;
  /** What a checkpoint stores besides the parameters. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * How often a fit whose loss jumps may resume from its last good step, each time with half the learning rate. What
   * counts as a jump is in `options.divergence`, or {@link JUMP} if absent. After the last recovery only core's own
   * limits end the fit, since many jumps pass. 0 for an optimizer with a `search`, which has no rate to halve.
   */
  readonly recoveries: number;
  /** Where the run is saved, and resumed from; `undefined` for a run that is not saved. */
  readonly saving: FitSaving | undefined;
}

/** Where and how often a run is saved. */
export interface FitSaving {
  readonly store: CheckpointStore;
  readonly everySeconds: number;
  /** The checkpoint in the store, decoded; `undefined` if there is none. */
  readonly resume: ModelCheckpoint | undefined;
}

/** How a run reports, and how it is stopped. */
export interface FitTelling {
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The figures that progress shows before the loss. */
  readonly figures?: (report: FitProgress) => readonly string[];
  /** What an event contains besides the report. */
  readonly event?: Readonly<Record<string, unknown>>;
  /** Called with the number of recoveries so far, including those before a resume, if there were any. */
  readonly recovered?: (recoveries: number) => void;
  /** Called for every report; the fit waits for it. */
  readonly report?: (report: FitProgress) => void | Promise<void>;
}

const speedOf = ({ loss, stepsPerSecond }: FitProgress): readonly string[] => [
  `loss ${loss.toExponential(2)}`,
  `${stepsPerSecond < 10 ? stepsPerSecond.toFixed(2) : stepsPerSecond.toFixed(0)} steps/s`,
];

/** Milliseconds without a report after which progress is shown within a step, and between two such updates. */
const LONG_STEP_MS = 2000;
const UPDATE_INTERVAL_MS = 200;

/** Shows progress within long steps, from one report to the next. */
class StepProgress {
  readonly #progress: Progress;
  readonly #steps: number;
  #figures: readonly string[] = [];
  #secondsLeft = Number.POSITIVE_INFINITY;
  #reportedAt = performance.now();
  #updatedAt = 0;
  #firstStep: number | undefined;

  constructor(progress: Progress, steps: number) {
    this.#progress = progress;
    this.#steps = steps;
  }

  report(step: number, figures: readonly string[], secondsLeft: number): void {
    this.#progress.update(step, figures, secondsLeft);
    this.#figures = figures;
    this.#secondsLeft = secondsLeft;
    this.#reportedAt = performance.now();
  }

  readonly onChunk: ChunkListener = ({ step }, share) => {
    const now = performance.now();
    const stepsDone = step - 1;
    this.#firstStep ??= stepsDone;
    if (now - this.#reportedAt < LONG_STEP_MS || now - this.#updatedAt < UPDATE_INTERVAL_MS) return;
    this.#updatedAt = now;
    const seconds = (now - this.#reportedAt) / 1000;
    const done = stepsDone + share;
    // Before the first report, the only measure of speed is the fraction of the step that is done.
    const left = Number.isFinite(this.#secondsLeft)
      ? Math.max(0, this.#secondsLeft - seconds)
      : (seconds * (this.#steps - done)) / (done - this.#firstStep);
    this.#progress.update(done, this.#figures, left);
  };
}

/** What a recovery resumes from if the run is not saved. */
const inMemory = (): FitSaving => ({ store: memoryStore(), everySeconds: Number.POSITIVE_INFINITY, resume: undefined });

/** What counts as divergence while this many recoveries are left. */
const divergenceOf = ({ options, recoveries }: DrivenFit, left: number): Pick<FitOptions, 'divergence'> => {
  if (recoveries === 0) return {};
  return { divergence: left > 0 ? (options.divergence ?? JUMP) : {} };
};

/** The schedules of a fit and of its groups, times a factor. */
const slowedSchedules = (
  { schedule = constant(), groups }: DrivenFit['options'],
  factor: number,
): Pick<FitOptions, 'schedule' | 'groups'> => ({
  schedule: slowed(schedule, factor),
  ...(groups && {
    groups: groups.map(group => (group.schedule ? { ...group, schedule: slowed(group.schedule, factor) } : group)),
  }),
});

/** Runs core's loop once, with a factor on the learning rate. */
const tryFit = async (
  driven: DrivenFit,
  telling: FitTelling,
  {
    factor,
    left,
    resume,
  }: { readonly factor: number; readonly left: number; readonly resume: ModelCheckpoint | undefined },
): Promise<void> => {
  const { model, terms, options, identity, saving } = driven;
  const { output, progress, signal, figures = () => [], event, report } = telling;
  const metadata = factor === 1 ? driven.metadata : { ...driven.metadata, [FACTOR_KEY]: String(factor) };
  const stepProgress = new StepProgress(progress, options.steps);
  const run = fit(model, terms, {
    ...options,
    ...divergenceOf(driven, left),
    onChunk: stepProgress.onChunk,
    signal,
    ...(factor !== 1 && slowedSchedules(options, factor)),
    ...(saving && {
      checkpoint: {
        store: saving.store,
        ...(resume && { resume }),
        everySeconds: saving.everySeconds,
        identity,
        metadata,
        onWarning: message => output.warn(message),
      },
    }),
  });
  for await (const reported of run) {
    stepProgress.report(reported.step, [...figures(reported), ...speedOf(reported)], reported.secondsLeft);
    const { model: _, ...figuresOfStep } = reported;
    output.event('progress', { ...event, ...figuresOfStep });
    await report?.(reported);
  }
};

/**
 * Fits a model, e.g. a field, or resumes the fit. If the loss jumps, the fit resumes from its last good step with half
 * the learning rate, as often as allowed.
 *
 * @throws CheckpointError when the checkpoint belongs to another run or is damaged, DivergenceError when the fit
 *   diverges more often than allowed, the reason of the signal when it is stopped, after a checkpoint
 */
export const driveFit = async (driven: DrivenFit, telling: FitTelling): Promise<void> => {
  const { output, progress } = telling;
  const { learningRate } = driven.options.optimizer;
  const saving = driven.saving ?? (driven.recoveries > 0 ? inMemory() : undefined);
  try {
    let factor = factorIn(saving?.resume?.metadata ?? {});
    // A recovery resumes from what the fit has saved since.
    // Recoveries of an earlier run count too, so that a resumed run is the same as an uninterrupted one.
    for (let left = driven.recoveries - recoveriesOf(factor), resume = saving?.resume; ; left--, resume = undefined) {
      try {
        if (factor < 1) telling.recovered?.(recoveriesOf(factor));
        return await tryFit({ ...driven, saving }, telling, { factor, left, resume });
      } catch (error) {
        // Smaller steps do not help with bad data, or with a loss that is undefined at the start.
        if (!(error instanceof DivergenceError) || error.beforeAnyUpdate || left <= 0) throw error;
        factor /= 2;
        const { step, lastGoodStep, loss } = error;
        output.event('recovery', { ...telling.event, step, loss, lastGoodStep, learningRate: learningRate * factor });
        output.warn(
          `the loss jumped to ${loss.toPrecision(3)} at step ${step}: resumes from step ${lastGoodStep} with half the ` +
            `learning rate, ${learningRate * factor}`,
        );
      }
    }
  } finally {
    progress.stop();
  }
};
