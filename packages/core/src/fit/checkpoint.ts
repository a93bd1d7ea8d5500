/**
 * @file Checkpoints: a field file with the optimizer's state beside the parameters, so that any checkpoint is also a
 * usable field.
 */
import type { FieldDescription } from '../field.ts';
import { encodeFieldData, encodeModelData, type FieldFileExtras, type ModelData } from '../files/field-file.ts';
import type { Model, ModelDescription } from '../model.ts';

/**
 * Where checkpoints are kept. `write` must be atomic: after a crash the old content is there, or the new, never a part.
 */
export interface CheckpointStore {
  /** The last checkpoint, or `undefined` when there is none. */
  read(): Promise<Uint8Array | undefined>;
  /**
   * A rejection ends the fit; a store that can do without a write, as on a disk that is full for a while, must say so
   * itself and resolve.
   */
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
  /** Of `another-run`: in what it is another one, as a clause. */
  readonly difference: string | undefined;

  constructor(
    problem: CheckpointProblem,
    message: string,
    { difference, ...options }: ErrorOptions & { readonly difference?: string } = {},
  ) {
    super(message, options);
    this.problem = problem;
    this.difference = difference;
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

/** Whether a model is one field. */
export const isFieldDescription = (description: ModelDescription): description is FieldDescription =>
  description.kind === 'field';

/** Everything that a fit needs to go on; flat vectors of P numbers. */
export interface TrainingState {
  /** The number of updates so far. */
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly average?: Float32Array;
  /** What the divergence detector has seen: the first loss, then the recent ones up to this step. */
  readonly history: readonly number[];
  /** What sources of points keep from step to step, by the names of their terms. */
  readonly sources?: ReadonlyMap<string, Float32Array>;
  /** What rules of stopping keep, each a list of numbers; and why one has stopped the run, if one has. */
  readonly until?: { readonly states: readonly (readonly number[])[]; readonly reason?: string };
}

/** The key of the file's metadata under which the run stands. */
export const RUN_KEY = 'fit';
/**
 * The name among the file's state of the parameters that the fit goes on from, where those of the field are an average.
 */
export const PARAMETERS = 'parameters';
/** The name among the file's state of a vector of the optimizer's. */
export const optimizerName = (index: number): string => `optimizer.${index}`;
/** The names among the file's state of what sources of points keep begin with this. */
export const SOURCE = 'source.';

/** A model with its parameters as a file: that of a field where it is one. */
const encodeModel = (model: Model, flat: Float32Array, extras: FieldFileExtras): Uint8Array => {
  const { description, layout, extensions = {} } = model;
  const parameters = layout.toMap(flat);
  return isFieldDescription(description)
    ? encodeFieldData({ spec: description.spec, parameters }, { ...extras, extensions })
    : encodeModelData({ description: description as object as ModelData['description'], parameters }, extras);
};

/** Saves a run. The file's parameters are those that the model shall have: the average where there is one. */
export const writeCheckpoint = async (
  store: CheckpointStore,
  model: Model,
  { identity, environment, metadata }: RunDescription,
  { step, parameters, optimizer, average, history, sources = new Map(), until }: TrainingState,
): Promise<void> => {
  const vector = (data: Float32Array): { shape: readonly number[]; data: Float32Array } => ({
    shape: [data.length],
    data,
  });
  const state = new Map(optimizer.map((data, index) => [optimizerName(index), vector(data)]));
  if (average) state.set(PARAMETERS, vector(parameters));
  for (const [term, data] of sources) state.set(SOURCE + term, vector(data));
  const run = JSON.stringify({ step, history, identity, environment, ...(until && { until }) });
  await store.write(encodeModel(model, average ?? parameters, { state, metadata: { ...metadata, [RUN_KEY]: run } }));
};
