/** @file What a peer gets for a trial: files of little-endian float32 values, and how to train. */
import type { Method } from './trial.ts';

/** The problem of a trial, the same for all peers. */
export interface QualityProblem {
  /** The sizes of the layers, d first and the number of values last. */
  readonly sizes: readonly number[];
  /** The frequency factor of the first layer. */
  readonly omega0: number;
  /** The frequency factor of the other sine layers. */
  readonly omega: number;
  /** f32: for each layer the weight `[in, out]`, then the bias `[out]`. */
  readonly parametersFile: string;
  /** The samples along each axis; n in all. */
  readonly shape: readonly number[];
  /** f32[n, d], row-major on a pixel-centred grid over [-1, 1]. */
  readonly coordsFile: string;
  /** f32[n, k] in [-1, 1] */
  readonly targetsFile: string;
  /** f32[m, d]: the coordinates between the samples at which the field is drawn. */
  readonly finerCoordsFile: string;
  readonly method: Omit<Method, 'peer'>;
  /** The learning rate of Adam, for the parameters that Muon does not train. */
  readonly rateBesideMuon: number;
  readonly steps: number;
  readonly seed: number;
  /** Steps between two evaluations. */
  readonly evaluateEvery: number;
}

/** Begin a run from the initial parameters. Any earlier run is discarded. */
export interface BeginRequest {
  readonly work: 'begin';
  readonly problem: QualityProblem;
  /** The answer to an earlier request for the same kind of steps; if absent, a peer that has a choice tries. */
  readonly chosen?: BeginAnswer;
}

/** How the peer takes its steps, where it has a choice: `chunk`, points at once; `threads`; `compiled`, 0 or 1. Else
 * empty. */
export type BeginAnswer = Readonly<Record<string, number>>;

/** Take `evaluateEvery` steps, or those that are left. */
export interface TrainRequest {
  readonly work: 'train';
}

/** The answer to a {@link TrainRequest}. */
export interface TrainAnswer {
  /** The updates so far. */
  readonly step: number;
  /** The time of these steps alone. */
  readonly seconds: number;
  /** Why training cannot continue: the loss is no longer finite, or has grown beyond all bounds. */
  readonly diverged?: string;
}

/** Draw the field at all of its samples, or between them, into a file: f32[n, k] or f32[m, k]. */
export interface DrawRequest {
  readonly work: 'draw';
  readonly where: 'samples' | 'between';
  readonly file: string;
}

/** Any request. */
export type QualityRequest = BeginRequest | TrainRequest | DrawRequest;
