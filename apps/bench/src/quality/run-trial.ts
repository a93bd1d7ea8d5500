/** @file Runs one trial in the process of its peer, and evaluates it. */
import { join } from 'node:path';
import { denseArray, psnr, qualityBetween } from '@neural-fields/signals';
import { readFloats } from '../peers/fields-data.ts';
import { readForeignLoad } from '../speed/environment.ts';
import { type PeerCommand, PeerProcess } from '../speed/peer-process.ts';
import type { QualityProblem, QualityRequest, TrainAnswer } from './problem.ts';
import { crossing } from './reached.ts';
import { type CurvePoint, type Reached, type TrialResult, thresholds } from './results.ts';
import { DATA_RANGE, type QualitySignal } from './signals.ts';
import type { Trial } from './trial.ts';
import { writeTrialFiles } from './trial-files.ts';

/** How a trial is run. */
export interface TrialOptions {
  readonly command: PeerCommand;
  readonly signal: QualitySignal;
  /** A folder for the files of problems. */
  readonly scratch: string;
  /** How often the field is evaluated, evenly over its steps. */
  readonly evaluations: number;
  readonly abort: AbortSignal;
  /** Called before each part of the work. */
  report(doing: string): void;
}

/** Seconds that a peer may take to start, and for a part of its work. */
const START_TIMEOUT = 120;
const WORK_TIMEOUT = 3600;
/** A budget in seconds is converted to steps by timing a run of at least `seconds`, in parts of `steps` steps. */
const CALIBRATION = { seconds: 1.5, steps: 3, endless: 1_000_000 } as const;

const ask = <A extends object>(process: PeerProcess, request: QualityRequest): Promise<A> =>
  process.request<A>(request, WORK_TIMEOUT);

/** The number of steps that fit into a budget in seconds. */
const predictSteps = async (
  process: PeerProcess,
  problem: Omit<QualityProblem, 'steps' | 'evaluateEvery'>,
  seconds: number,
): Promise<number> => {
  const evaluateEvery = CALIBRATION.steps;
  await ask(process, { work: 'begin', problem: { ...problem, steps: CALIBRATION.endless, evaluateEvery } });
  // The first part also compiles and uploads: its time is used only if there is no other part.
  let answer = await ask<TrainAnswer>(process, { work: 'train' });
  let perStep = answer.seconds / evaluateEvery;
  let [taken, count] = [0, 0];
  // A method that diverges here ends early; so will its run.
  while (taken < CALIBRATION.seconds && answer.diverged === undefined) {
    answer = await ask<TrainAnswer>(process, { work: 'train' });
    taken += answer.seconds;
    count += evaluateEvery;
    perStep = taken / count;
  }
  return Math.max(2, Math.round(seconds / perStep));
};

/**
 * Runs a trial.
 *
 * @throws PeerError when the peer fails, the reason of `abort` when it is aborted
 */
export const runTrial = async (trial: Trial, options: TrialOptions): Promise<TrialResult> => {
  const { command, signal, scratch, evaluations, abort, report } = options;
  const begun = performance.now();
  const foreignLoad = await readForeignLoad();
  const files = writeTrialFiles(scratch, trial, signal);
  report('starts');
  const process = await PeerProcess.start(command, START_TIMEOUT);
  const file = join(scratch, 'drawn.f32');
  const targets = denseArray(signal.values, [...signal.shape, signal.channels]);
  const psnrAtSamples = async (): Promise<number> => {
    await ask(process, { work: 'draw', where: 'samples', file });
    return psnr(denseArray(readFloats(file), targets.shape), targets, { dataRange: DATA_RANGE });
  };
  const psnrBetween = async (): Promise<number> => {
    await ask(process, { work: 'draw', where: 'between', file });
    const { finer, filter } = signal;
    return qualityBetween(finer, denseArray(readFloats(file), finer.shape), { filter, dataRange: DATA_RANGE }).field;
  };
  try {
    const { budget } = trial;
    const steps = 'steps' in budget ? budget.steps : await predictSteps(process, files, budget.seconds);
    const evaluateEvery = Math.ceil(steps / evaluations);
    await ask(process, { work: 'begin', problem: { ...files, steps, evaluateEvery } });
    const curve: CurvePoint[] = [];
    const reached: Reached[] = [];
    let [seconds, step] = [0, 0];
    let diverged: string | undefined;
    while (step < steps && diverged === undefined) {
      abort.throwIfAborted();
      report(`step ${step} of ${steps}`);
      const answer = await ask<TrainAnswer>(process, { work: 'train' });
      seconds += answer.seconds;
      ({ step, diverged } = answer as TrainAnswer & { diverged: string | undefined });
      if (diverged !== undefined) break;
      const point = { step, seconds, psnr: await psnrAtSamples() };
      const now = thresholds.filter(
        threshold => point.psnr >= threshold && !reached.some(known => known.threshold === threshold),
      );
      const between = now.length > 0 ? await psnrBetween() : Number.NaN;
      for (const threshold of now) reached.push({ threshold, ...crossing(curve.at(-1), point, threshold), between });
      curve.push(point);
    }
    abort.throwIfAborted();
    const final = { psnr: await psnrAtSamples(), between: await psnrBetween() };
    return {
      ...{ trial, steps, seconds, curve, reached, final, foreignLoad },
      wall: (performance.now() - begun) / 1000,
      ...(diverged !== undefined && { diverged }),
    };
  } finally {
    process.dispose();
  }
};
