/** @file Checkpoints: a field file with the optimizer's state beside the parameters, so that any checkpoint is also a usable field. */
import type { Field } from '../field.ts';
import { encodeFieldData } from '../files/field-file.ts';

/** Where checkpoints are kept. `write` must be atomic: after a crash the old content is there, or the new, never a part. */
export interface CheckpointStore {
  /** The last checkpoint, or `undefined` when there is none. */
  read(): Promise<Uint8Array | undefined>;
  /** A rejection ends the fit; a store that can do without a write, as on a disk that is full for a while, must say so itself and resolve. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Why a fit cannot go on from a checkpoint. */
export type CheckpointProblem =
  /** It is a field without the state of a run. */
  | 'no-state'
  /** A part of the state is missing, too much, not finite or of the wrong size or type. */
  | 'damaged'
  /** It is the checkpoint of another field or run, or of one that is past the last step. */
  | 'another-run';

/** Thrown when a fit cannot go on from a checkpoint. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly problem: CheckpointProblem;

  constructor(problem: CheckpointProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** Facts about a run as text, to compare and to show. */
export type RunFacts = Readonly<Record<string, string>>;

/** What is written about a run. */
export interface RunDescription {
  /** Everything that a run and its resumption must agree on. */
  readonly identity: RunFacts;
  /** What the bits of the results depend on beside it: where it differs, a run can go on, but to other roundings. */
  readonly environment: RunFacts;
  /** Free text of the caller's. */
  readonly metadata?: RunFacts | undefined;
}

/** Everything that a fit needs to go on; flat vectors of P numbers. */
export interface TrainingState {
  /** The number of updates so far. */
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly average?: Float32Array;
  /** What the divergence detector has seen: the first loss, then the recent ones up to this step. */
  readonly history: readonly number[];
}

/** The key of the file's metadata under which the run stands. */
export const RUN_KEY = 'fit';
/** The name among the file's state of the parameters that the fit goes on from, where those of the field are an average. */
export const PARAMETERS = 'parameters';
/** The name among the file's state of a vector of the optimizer's. */
export const optimizerName = (index: number): string => `optimizer.${index}`;

/** Saves a run. The file's parameters are those that the field shall have: the average where there is one. */
export const writeCheckpoint = async (
  store: CheckpointStore,
  field: Field,
  { identity, environment, metadata }: RunDescription,
  { step, parameters, optimizer, average, history }: TrainingState,
): Promise<void> => {
  const vector = (data: Float32Array): { shape: readonly number[]; data: Float32Array } => ({ shape: [data.length], data });
  const state = new Map(optimizer.map((data, index) => [optimizerName(index), vector(data)]));
  if (average) state.set(PARAMETERS, vector(parameters));
  const run = JSON.stringify({ step, history, identity, environment });
  await store.write(
    encodeFieldData(
      { spec: field.spec, parameters: field.layout.toMap(average ?? parameters) },
      { state, extensions: field.extensions, metadata: { ...metadata, [RUN_KEY]: run } },
    ),
  );
};
