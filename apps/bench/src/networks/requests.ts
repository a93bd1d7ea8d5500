/** @file What the program asks of the processes that fit and time networks. */
import type { TaskFacts } from './results.ts';
import type { TaskProblem } from './tasks/task.ts';
import type { NetworkTrial, TimedNetwork } from './trial.ts';

/** Load the data of a task. */
export interface LoadRequest {
  readonly work: 'load';
  readonly task: string;
  readonly size: number;
}

/** The answer to a {@link LoadRequest}. */
export interface LoadAnswer extends Pick<TaskProblem, 'inFeatures' | 'outFeatures' | 'samples' | 'hash'> {
  readonly facts: TaskFacts;
}

/** Run a trial; the answer is a `NetworkResult`. */
export interface FitRequest {
  readonly work: 'fit';
  readonly trial: NetworkTrial;
  readonly steps: number;
  readonly evaluations: number;
}

/** Begin a fit whose steps are timed, next to others that were begun. */
export interface BeginTimingRequest {
  readonly work: 'begin-timing';
  readonly timed: TimedNetwork;
  /** Steps of a round take at least so long together, in seconds. */
  readonly roundSeconds: number;
}

/** The answer to a {@link BeginTimingRequest}. */
export interface BeginTimingAnswer {
  /** The seconds of the first step. */
  readonly firstStep: number;
}

/** Take the steps of a round; the answer has the seconds of one step. */
export interface TimeRequest {
  readonly work: 'time';
  readonly timed: TimedNetwork;
}

/** The answer to a {@link TimeRequest}. */
export interface TimeAnswer {
  /** Of one step. */
  readonly seconds: number;
}

/** End all fits that are timed. */
export interface EndTimingRequest {
  readonly work: 'end-timing';
}

/** A request. */
export type NetworksRequest = LoadRequest | FitRequest | BeginTimingRequest | TimeRequest | EndTimingRequest;
