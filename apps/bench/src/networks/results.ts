/** @file The results of `bench networks`: the contents of its results.json. */
import type { Environment } from '../speed/results.ts';
import type { NetworkStepTime } from './step-times.ts';
import type { Figures } from './tasks/task.ts';
import type { NetworkTrial } from './trial.ts';

/** The figures during a fit. */
export interface NetworkCurvePoint {
  readonly step: number;
  readonly figures: Figures;
}

/** The energy in a band of frequencies, in decibels relative to the whole energy of the signal. */
export interface Band {
  /** In cycles over [-1, 1]: the band's highest frequency; its lowest is that of the band before. */
  readonly to: number;
  readonly decibels: number;
}

/** The result of one fit. */
export interface NetworkResult {
  readonly trial: NetworkTrial;
  /** The number of parameters of the network. */
  readonly parameters: number;
  /** The options of the preset that the comparison has set. */
  readonly options: Readonly<Record<string, number | string>>;
  /** The number of steps that were planned. */
  readonly steps: number;
  /** Seconds of the whole fit as it was, whatever else the machine did: with evaluations. */
  readonly wall: number;
  readonly curve: readonly NetworkCurvePoint[];
  /** At the end; empty where the fit diverged. */
  readonly figures: Figures;
  /** The error per band of frequencies at the end. */
  readonly bands?: readonly Band[];
  /** What the field looks like at the end, as the base64 text of a PNG file. */
  readonly picture?: string;
  /** Why the fit ended early. */
  readonly diverged?: string;
}

/** A task of a run. */
export interface TaskFacts {
  readonly task: string;
  readonly size: number;
  /** The points in a step. */
  readonly points: number;
  readonly baseline: { readonly title: string; readonly figures: Figures };
  /** The energy of the signal per band of frequencies. */
  readonly bands?: readonly Band[];
  /** The truth as a picture, as the base64 text of a PNG file. */
  readonly picture?: string;
}

/** A network that takes no part in a task, and why. */
export interface AbsentNetwork {
  readonly task: string;
  readonly network: string;
  readonly reason: string;
}

/** The results of a run. */
export interface NetworkResults {
  readonly command: string;
  readonly complete: boolean;
  /** Seconds of this run, without the trials whose results were kept from earlier runs. */
  readonly seconds: number;
  readonly environment: Environment;
  readonly backend: { readonly name: string; readonly versions: Readonly<Record<string, string>> };
  /** The number of fits at a time. */
  readonly workers: number;
  readonly tasks: readonly TaskFacts[];
  readonly times: readonly NetworkStepTime[];
  readonly results: readonly NetworkResult[];
  readonly failures: readonly { readonly trial: NetworkTrial; readonly reason: string }[];
  readonly absent: readonly AbsentNetwork[];
}
