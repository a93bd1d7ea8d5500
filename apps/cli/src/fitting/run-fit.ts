/** @file A fit from the command line: core's loop with a checkpoint, progress and a way to stop it. */
import { existsSync } from 'node:fs';
import { explainedWithin, InputError, InterruptedError, type Output, type Progress } from '@neural-fields/app-kit';
import {
  type Checkpoint,
  type DrivenFit,
  driveFit,
  type FitSettings,
  fitOptions,
} from '@neural-fields/app-kit/fitting';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import {
  CheckpointError,
  DivergenceError,
  type Field,
  type FitOptions,
  type FitProgress,
  type ParameterProjection,
} from '@neural-fields/core';
import type { Settings } from '../settings/fit-settings.ts';
import { formatGoal } from '../settings/goals.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';

/** What a run needs besides the field and its signal. */
export interface RunFitOptions {
  readonly settings: FitSettings;
  /** Those of the preset. */
  readonly recoveries: number;
  /** The value of `--time` in seconds, and that of `--until`. */
  readonly goals?: Pick<Settings, 'time' | 'until'> | undefined;
  /** The projection of `--bounds`, and its value. */
  readonly bounds?: { readonly project: ParameterProjection; readonly text: string } | undefined;
  readonly backend: string;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly checkpoint?: { readonly file: Checkpoint; readonly everySeconds: number } | undefined;
  /** Called for every report; the fit waits for it. */
  readonly report?: (progress: FitProgress) => void | Promise<void>;
}

/** A failure of a fit, in the words of the command line. */
export const explain = (error: unknown, checkpoint: Checkpoint | undefined): unknown => {
  const path = checkpoint?.path;
  if (error instanceof CheckpointError && error.problem !== 'another-run' && path !== undefined) {
    const hint = '--restart deletes it and starts again';
    return new InputError({ ...explainedWithin(`cannot resume from '${path}'`, error), hint }, { cause: error });
  }
  if (error instanceof CheckpointError && path !== undefined)
    return new InputError(
      {
        what: `'${path}' is the checkpoint of another run`,
        problem: error.difference,
        hint: "give that run's options to resume it, --restart to delete it, or --checkpoint to name another file",
      },
      { cause: error },
    );
  if (error instanceof DivergenceError && !error.beforeAnyUpdate) {
    const isSaved = path !== undefined && existsSync(path);
    const saved = isSaved ? ` with --restart; the last good parameters are in '${path}'` : '';
    return new InputError(
      {
        problem: `the fit diverged at step ${error.step} (loss ${error.loss.toPrecision(3)})`,
        hint: `try a smaller --learning-rate, --clip-norm 1, or a smaller --omega0${saved}`,
      },
      { cause: error },
    );
  }
  return error;
};

/** Reports, after the last step, whether a goal was reached and which parameters are kept. */
const tellEnd = ({ step, steps, stopped, kept }: FitProgress, { goals, output, progress }: RunFitOptions): void => {
  if (step < steps && stopped === undefined) return;
  progress.stop();
  const goal = goals?.until && formatGoal(goals.until);
  if (stopped !== undefined) output.log(`--until ${goal} is reached at step ${step}`);
  else if (goal !== undefined)
    output.warn(`--until ${goal} is not reached in ${steps} steps; more --steps or --time may reach it`);
  if (kept !== undefined)
    output.log(`keeps the parameters after step ${kept}, the best by a running loss (--keep last takes the last ones)`);
};

/** Reports what an interrupted run leaves behind. */
const explainInterrupt = ({ checkpoint, output }: RunFitOptions, step: number): void => {
  const file = checkpoint?.file;
  const failure = file?.failure();
  if (file === undefined) output.warn(`stopped at step ${step}; without a checkpoint, its result is lost`);
  else if (failure !== undefined) output.warn(`stopped, and the checkpoint could not be written: ${failure}`);
  else if (existsSync(file.path)) {
    output.log(`stopped; the checkpoint is '${file.path}'. Run the same command again to resume from there.`);
    output.event('interrupted', { checkpoint: file.path });
  } else output.warn('stopped before the first step was done; there is nothing to resume');
};

/** What counts as divergence: a jump that a fit may recover from; without recoveries a loss that is not finite. */
const divergenceOf = ({ jump }: PreparedSignal, recoveries: number): Pick<FitOptions, 'divergence'> =>
  recoveries === 0 ? { divergence: { spikeFactor: Number.POSITIVE_INFINITY } } : jump ? { divergence: jump } : {};

/**
 * Fits a field to a signal, or resumes the fit. If the loss jumps, the fit resumes from its last good step with half
 * the learning rate, as often as `recoveries` says.
 *
 * @returns the number of steps taken
 * @throws InputError when the checkpoint belongs to another run or the fit diverges, InterruptedError when it is
 *   stopped, after a checkpoint
 */
export const runFit = async (field: Field, prepared: PreparedSignal, options: RunFitOptions): Promise<number> => {
  const { settings, recoveries, goals: { time, until } = {}, bounds, backend, checkpoint } = options;
  const { output, progress, signal, report } = options;
  let step = checkpoint?.file.step ?? 0;
  if (step > 0) output.log(`resumes from step ${step} of '${checkpoint?.file.path}'`);
  const driven: DrivenFit = {
    model: field,
    terms: prepared.terms(settings),
    options: {
      ...fitOptions(settings),
      ...divergenceOf(prepared, recoveries),
      ...(until && { until: prepared.until(until) }),
      ...(bounds && { project: bounds.project }),
    },
    identity: {
      signal: `sha256 ${prepared.sha256}`,
      ...prepared.identity,
      batch: String(settings.batch),
      sampling: settings.sampling,
      chunkSize: String(settings.chunkSize ?? 'default'),
      ...(time !== undefined && { time: `${time} s` }),
      ...(bounds && { bounds: bounds.text }),
      backend,
    },
    metadata: { [SIGNAL_KEY]: JSON.stringify(prepared.description) },
    recoveries,
    saving: checkpoint && {
      store: checkpoint.file.store,
      everySeconds: checkpoint.everySeconds,
      resume: checkpoint.file.resume,
    },
  };
  try {
    await driveFit(driven, {
      output,
      progress,
      signal,
      figures: prepared.figures,
      report: reported => {
        step = reported.step;
        tellEnd(reported, options);
        return report?.(reported);
      },
    });
  } catch (error) {
    if (error instanceof InterruptedError) explainInterrupt(options, step);
    throw explain(error, checkpoint?.file);
  }
  return step;
};
