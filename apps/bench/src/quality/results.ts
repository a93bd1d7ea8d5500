/** @file The results of a run of `bench quality`: the contents of its results.json. */
import type { Environment, PeerState } from '../speed/results.ts';
import type { StepTime } from './step-time.ts';
import type { TimedCase } from './timed-case.ts';
import type { Trial } from './trial.ts';

/** The qualities, in decibels, for which the time to reach them is reported. */
export const thresholds = [30, 35, 40, 45, 50] as const;

/** An evaluation of the field during training. */
export interface CurvePoint {
  readonly step: number;
  /** At the samples, in decibels. */
  readonly psnr: number;
}

/** When a quality at the samples was reached, interpolated between two evaluations. */
export interface Reached {
  /** In decibels. */
  readonly threshold: number;
  readonly step: number;
  /** The PSNR between the samples at the first evaluation that reached it, in decibels. */
  readonly between: number;
}

/** The result of one trial. */
export interface TrialResult {
  readonly trial: Trial;
  /** The number of steps that were planned; for a budget in seconds, those that fit by the measured time of a step. */
  readonly steps: number;
  /**
   * The time of the whole trial as it was, whatever else the machine did: with the start of the peer and evaluations.
   */
  readonly wall: number;
  readonly curve: readonly CurvePoint[];
  readonly reached: readonly Reached[];
  /**
   * At the samples and between them, at the end, in decibels; of distances also the intersection over union of the
   * insides, at the finer points.
   */
  readonly final: { readonly psnr: number; readonly between: number; readonly iou?: number };
  /** Why the run ended early. */
  readonly diverged?: string;
}

/** A trial that gave no result, because its peer failed. */
export interface TrialFailure {
  readonly trial: Trial;
  readonly reason: string;
}

/** A case whose steps could not be timed. */
export interface TimeFailure {
  readonly case: TimedCase;
  readonly reason: string;
}

/** A signal of a run. */
export interface SignalFacts {
  readonly name: string;
  readonly size: number;
  readonly title: string;
  /** The PSNR of an interpolation of the samples, measured between them, in decibels. */
  readonly interpolation: number;
}

/** The results of a run. */
export interface QualityResults {
  readonly command: string;
  readonly complete: boolean;
  /** The duration of this run, without the trials whose results were kept from earlier runs. */
  readonly seconds: number;
  readonly environment: Environment;
  /** The peers by name. */
  readonly peers: Readonly<Record<string, PeerState>>;
  /** The load of other programs while steps were timed, each from 0 to 1. */
  readonly foreignLoad: readonly number[];
  readonly times: readonly StepTime[];
  readonly timeFailures: readonly TimeFailure[];
  readonly signals: readonly SignalFacts[];
  readonly results: readonly TrialResult[];
  readonly failures: readonly TrialFailure[];
}
