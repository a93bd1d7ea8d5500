/** @file Runs one trial in the process of its peer, and evaluates it. */
import { join } from 'node:path';
import { type DenseArray, denseArray, psnr, qualityBetween } from '@neural-fields/signals';
import { readFloats } from '../peers/fields-data.ts';
import { type PeerCommand, PeerError, PeerProcess } from '../speed/peer-process.ts';
import { overlapInside } from './overlap.ts';
import { plannedSteps } from './predicted.ts';
import type { QualityRequest, TrainAnswer } from './problem.ts';
import { DATA_RANGE, type QualitySignal } from './quality-signal.ts';
import { crossing } from './reached.ts';
import { type CurvePoint, type Reached, type TrialResult, thresholds } from './results.ts';
import type { StepTime } from './step-time.ts';
import type { Trial } from './trial.ts';
import { writeTrialFiles } from './trial-files.ts';

/** How a trial is run. */
export interface TrialOptions {
  readonly command: PeerCommand;
  readonly signal: QualitySignal;
  /** A folder for the files of problems. */
  readonly scratch: string;
  /** The time of its steps, where it is known. */
  readonly time: StepTime | undefined;
  /** How often the field is evaluated, evenly over its steps. */
  readonly evaluations: number;
  readonly abort: AbortSignal;
  /** Called before each part of the work. */
  report(doing: string): void;
}

/** Seconds that a peer may take to start, and for a part of its work. */
const START_TIMEOUT = 120;
const WORK_TIMEOUT = 3600;
const ask = <A extends object>(process: PeerProcess, request: QualityRequest): Promise<A> =>
  process.request<A>(request, WORK_TIMEOUT);

/**
 * Runs a trial.
 *
 * @throws PeerError when the peer fails, the reason of `abort` when it is aborted
 */
export const runTrial = async (trial: Trial, options: TrialOptions): Promise<TrialResult> => {
  const { command, signal, scratch, time, evaluations, abort, report } = options;
  const begun = performance.now();
  const steps = plannedSteps(trial, time);
  if (steps === undefined) throw new PeerError('its steps could not be timed, which a budget in seconds needs');
  const files = writeTrialFiles(scratch, trial, signal);
  report('starts');
  const process = await PeerProcess.start(command, START_TIMEOUT);
  const file = join(scratch, 'drawn.f32');
  const targets = denseArray(signal.values, [...signal.shape, signal.channels]);
  const psnrAtSamples = async (): Promise<number> => {
    await ask(process, { work: 'draw', where: 'samples', file });
    return psnr(denseArray(readFloats(file), targets.shape), targets, { dataRange: DATA_RANGE });
  };
  const { finer, filter, isDistance } = signal;
  const drawBetween = async (): Promise<DenseArray> => {
    await ask(process, { work: 'draw', where: 'between', file });
    return denseArray(readFloats(file), finer.shape);
  };
  const psnrOf = (field: DenseArray): number => qualityBetween(finer, field, { filter, dataRange: DATA_RANGE }).field;
  try {
    const evaluateEvery = Math.ceil(steps / evaluations);
    await ask(process, {
      ...{ work: 'begin', problem: { ...files, steps, evaluateEvery } },
      ...(time && { chosen: time.choice }),
    });
    const curve: CurvePoint[] = [];
    const reached: Reached[] = [];
    let step = 0;
    let diverged: string | undefined;
    while (step < steps && diverged === undefined) {
      abort.throwIfAborted();
      report(`step ${step} of ${steps}`);
      const answer = await ask<TrainAnswer>(process, { work: 'train' });
      ({ step, diverged } = answer as TrainAnswer & { diverged: string | undefined });
      if (diverged !== undefined) break;
      const point = { step, psnr: await psnrAtSamples() };
      const now = thresholds.filter(
        threshold => point.psnr >= threshold && !reached.some(known => known.threshold === threshold),
      );
      const between = now.length > 0 ? psnrOf(await drawBetween()) : Number.NaN;
      for (const threshold of now) reached.push({ threshold, step: crossing(curve.at(-1), point, threshold), between });
      curve.push(point);
    }
    abort.throwIfAborted();
    const psnrAtEnd = await psnrAtSamples();
    const field = await drawBetween();
    const iou = isDistance ? { iou: overlapInside(field.data, finer.data) } : {};
    const final = { psnr: psnrAtEnd, between: psnrOf(field), ...iou };
    return {
      ...{ trial, steps, curve, reached, final },
      wall: (performance.now() - begun) / 1000,
      ...(diverged !== undefined && { diverged }),
    };
  } finally {
    process.dispose();
  }
};
