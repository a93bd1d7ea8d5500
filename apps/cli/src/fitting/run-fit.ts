/** @file A fit from the command line: core's loop with a checkpoint, progress and a way to stop it. */
import { existsSync } from 'node:fs';
import { describeError, InputError, InterruptedError, type Output, type Progress } from '@neural-fields/app-kit';
import { type Checkpoint, type FitSettings, fitOptions } from '@neural-fields/app-kit/fitting';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import {
  CheckpointError,
  type CheckpointStore,
  constant,
  DivergenceError,
  type Field,
  type FitOptions,
  type FitProgress,
  fit,
} from '@neural-fields/core';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import { FACTOR_KEY, memoryStore, readFactor, slowed } from './recovery.ts';

/** What a run needs beside the field and its signal. */
export interface RunFitOptions {
  readonly settings: FitSettings;
  readonly backend: string;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly checkpoint?: { readonly file: Checkpoint; readonly everySeconds: number } | undefined;
  /** Called for every report; the fit waits for it. */
  readonly report?: (progress: FitProgress) => void | Promise<void>;
}

/** The figures that progress shows. */
const figuresOf = (prepared: PreparedSignal, report: FitProgress): string[] => {
  const { loss, stepsPerSecond } = report;
  return [
    ...prepared.figures(report),
    `loss ${loss.toExponential(2)}`,
    `${stepsPerSecond < 10 ? stepsPerSecond.toFixed(2) : stepsPerSecond.toFixed(0)} steps/s`,
  ];
};

const explain = (error: unknown, checkpoint: Checkpoint | undefined): unknown => {
  const path = checkpoint?.path;
  if (error instanceof CheckpointError && error.problem !== 'another-run' && path !== undefined)
    return new InputError(`'${path}' cannot be gone on from: ${describeError(error)}; --restart throws it away`, {
      cause: error,
    });
  if (error instanceof CheckpointError && path !== undefined) {
    const what = describeError(error)
      .replace(/^the checkpoint is of another run: /, '')
      .replace(/ Go on with the same settings.*$/, '');
    return new InputError(
      `'${path}' is the checkpoint of another run: ${what} Give that run's options to go on with it, --restart to throw it away, ` +
        'or --checkpoint to name another file.',
      { cause: error },
    );
  }
  if (error instanceof DivergenceError && !error.beforeAnyUpdate) {
    const saved = path !== undefined && existsSync(path) ? ` The last good parameters are in '${path}'.` : '';
    const anew = saved === '' ? '' : ' with --restart';
    return new InputError(
      `the fit diverged at step ${error.step} (loss ${error.loss.toPrecision(3)}).${saved} ` +
        `Try a smaller --learning-rate, --clip-norm 1, or a smaller --omega0${anew}.`,
      { cause: error },
    );
  }
  return error;
};

/** Says what an interrupted run leaves behind. */
const explainInterrupt = ({ checkpoint, output }: RunFitOptions, step: number): void => {
  const file = checkpoint?.file;
  const failure = file?.failure();
  if (file === undefined) output.warn(`stopped at step ${step}; without a checkpoint the work is lost`);
  else if (failure !== undefined) output.warn(`stopped, and the checkpoint could not be written: ${failure}`);
  else if (existsSync(file.path)) {
    output.log(`stopped; the checkpoint is '${file.path}'. The same command again goes on from there.`);
    output.event('interrupted', { checkpoint: file.path });
  } else output.warn('stopped before the first step was done; there is nothing to resume');
};

/** The options of core's loop, but those of a try. */
const baseOptions = (prepared: PreparedSignal, { settings, signal }: RunFitOptions): FitOptions => ({
  ...fitOptions(settings),
  ...prepared.fitOptions,
  signal,
});

/** The checkpoint of a try, with the factor on the learning rate that the try has. */
const checkpointOptions = (
  prepared: PreparedSignal,
  { settings, backend, checkpoint, output }: RunFitOptions,
  { store, factor }: { readonly store: CheckpointStore; readonly factor: number },
): NonNullable<FitOptions['checkpoint']> => ({
  store,
  everySeconds: checkpoint?.everySeconds ?? Number.POSITIVE_INFINITY,
  metadata: {
    [SIGNAL_KEY]: JSON.stringify(prepared.description),
    ...(factor !== 1 && { [FACTOR_KEY]: String(factor) }),
  },
  identity: {
    signal: `sha256 ${prepared.sha256}`,
    batch: String(settings.batch),
    chunkSize: String(settings.chunkSize ?? 'default'),
    backend,
  },
  onWarning: message => output.warn(message),
});

/**
 * Fits a field to a signal, or goes on with it. Where the signal allows it, a fit that diverges goes on from its last good step with half of the
 * learning rate.
 *
 * @throws InputError when the checkpoint is of another run or the fit diverges, InterruptedError when it is stopped, after a checkpoint
 */
export const runFit = async (field: Field, prepared: PreparedSignal, options: RunFitOptions): Promise<void> => {
  const { settings, output, progress, checkpoint } = options;
  const terms = prepared.terms(settings);
  const resumedFrom = checkpoint?.file.step ?? 0;
  if (resumedFrom > 0) output.log(`goes on from step ${resumedFrom} of '${checkpoint?.file.path}'`);
  let step = resumedFrom;
  const store = checkpoint?.file.store ?? (prepared.recoveries > 0 ? memoryStore() : undefined);
  const base = baseOptions(prepared, options);
  const run = async (factor: number): Promise<void> => {
    const saving = store && { checkpoint: checkpointOptions(prepared, options, { store, factor }) };
    const schedule = slowed(base.schedule ?? constant(), factor);
    for await (const report of fit(field, terms, { ...base, schedule, ...saving })) {
      step = report.step;
      progress.update(report.step, figuresOf(prepared, report), report.secondsLeft);
      output.event('progress', { ...report });
      await options.report?.(report);
    }
  };
  try {
    let factor = store && resumedFrom > 0 ? await readFactor(store) : 1;
    for (let left = prepared.recoveries; ; left--) {
      try {
        await run(factor);
        break;
      } catch (error) {
        // Bad data and a loss that is not defined at the start do not get better with smaller steps.
        if (!(error instanceof DivergenceError) || error.beforeAnyUpdate || left <= 0) throw error;
        factor /= 2;
        const { lastGoodStep, loss } = error;
        output.event('recovery', { step: error.step, loss, lastGoodStep, learningRate: settings.learningRate * factor });
        output.warn(
          `the loss leapt to ${loss.toPrecision(3)} at step ${error.step}: goes on from step ${lastGoodStep} with half of the ` +
            `learning rate, ${settings.learningRate * factor}`,
        );
      }
    }
  } catch (error) {
    progress.stop();
    if (error instanceof InterruptedError) explainInterrupt(options, step);
    throw explain(error, checkpoint?.file);
  } finally {
    progress.stop();
  }
};
