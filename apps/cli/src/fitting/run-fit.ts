/** @file A fit from the command line: core's loop with a checkpoint, progress and a way to stop it. */
import { existsSync } from 'node:fs';
import { CheckpointError, DivergenceError, type Field, type FitProgress, fit, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { describeError, InputError, InterruptedError } from '../errors.ts';
import { formatDecibels } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Progress } from '../output/progress.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import { SIGNAL_KEY } from '../signals/signal-description.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type FitSettings, fitOptions, pointsOf } from './settings.ts';

/** What a run needs beside the field and its signal. */
export interface RunFitOptions {
  readonly settings: FitSettings;
  readonly backend: string;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly checkpoint?: { readonly file: Checkpoint; readonly everySeconds: number } | undefined;
  /** Called for every report. */
  readonly report?: (progress: FitProgress) => void;
}

/** The figures that progress shows. */
const figuresOf = ({ metrics, loss, stepsPerSecond }: FitProgress): string[] => [
  `PSNR ${formatDecibels(metrics['psnr'] as number)}`,
  `loss ${loss.toExponential(2)}`,
  `${stepsPerSecond < 10 ? stepsPerSecond.toFixed(2) : stepsPerSecond.toFixed(0)} steps/s`,
];

const explain = (error: unknown, checkpoint: Checkpoint | undefined): unknown => {
  const path = checkpoint?.path;
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
  if (error instanceof DivergenceError) {
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
    if (!output.json && !output.quiet)
      process.stderr.write(`stopped; the checkpoint is '${file.path}'. The same command again goes on from there.\n`);
    output.event('interrupted', { checkpoint: file.path });
  } else output.warn('stopped before the first step was done; there is nothing to resume');
};

/**
 * Fits a field to a signal, or goes on with it.
 *
 * @throws InputError when the checkpoint is of another run or the fit diverges, InterruptedError when it is stopped, after a checkpoint
 */
export const runFit = async (field: Field, prepared: PreparedSignal, options: RunFitOptions): Promise<void> => {
  const { settings, backend, output, progress, signal, checkpoint } = options;
  const terms = [term({ points: pointsOf(prepared.points, settings), loss: mse() })];
  const resumedFrom = checkpoint?.file.step ?? 0;
  if (resumedFrom > 0) output.log(`goes on from step ${resumedFrom} of '${checkpoint?.file.path}'`);
  let step = resumedFrom;
  const run = fit(field, terms, {
    ...fitOptions(settings),
    signal,
    ...(checkpoint && {
      checkpoint: {
        store: checkpoint.file.store,
        everySeconds: checkpoint.everySeconds,
        metadata: { [SIGNAL_KEY]: JSON.stringify(prepared.description) },
        identity: {
          signal: `sha256 ${prepared.sha256}`,
          batch: String(settings.batch),
          chunkSize: String(settings.chunkSize ?? 'default'),
          backend,
        },
      },
    }),
  });
  try {
    for await (const report of run) {
      step = report.step;
      progress.update(report.step, figuresOf(report), report.secondsLeft);
      output.event('progress', { ...report });
      options.report?.(report);
    }
  } catch (error) {
    progress.stop();
    if (error instanceof InterruptedError) explainInterrupt(options, step);
    throw explain(error, checkpoint?.file);
  } finally {
    progress.stop();
  }
};
