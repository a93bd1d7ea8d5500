/**
 * @file Checkpoints: a field file with the optimizer's state besides the parameters, so that every checkpoint of a
 *   field is also a usable field file.
 */
import { ExplainedError } from '../explained-error.ts';
import type { FieldDescription } from '../field.ts';
import { encodeFieldData, encodeModelData, type FieldFileExtras, type ModelData } from '../files/field-file.ts';
import type { Model, ModelDescription } from '../model.ts';
import type { SavedBest } from './best-state.ts';

/**
 * Where checkpoints are stored. `write` must be atomic: after a crash the store has the old content or the new, never a
 * part.
 */
export interface CheckpointStore {
  /** The last checkpoint, or `undefined` when there is none. */
  read(): Promise<Uint8Array | undefined>;
  /**
   * A rejection ends the fit. A store that tolerates failed writes, e.g. on a disk that is temporarily full, must
   * report them itself and resolve.
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** Why a fit cannot resume from a checkpoint. */
export type CheckpointProblem =
  /** The file is a field without the state of a run. */
  | 'no-state'
  /** A part of the state is missing, superfluous, not finite, or of the wrong size or type. */
  | 'damaged'
  /** The checkpoint is of another field or run, or beyond this run's last step. */
  | 'another-run';

/** Thrown when a fit cannot resume from a checkpoint. */
export class CheckpointError extends ExplainedError {
  override readonly name = 'CheckpointError';
  readonly problem: CheckpointProblem;
  /** For `another-run`: the difference, as a clause. */
  readonly difference: string | undefined;

  constructor(
    problem: CheckpointProblem,
    reason: string,
    { difference, ...options }: ErrorOptions & { readonly difference?: string } = {},
  ) {
    super('fit', reason, options);
    this.problem = problem;
    this.difference = difference;
  }
}

/** Properties of a run as text, to compare and to show. */
export type RunFacts = Readonly<Record<string, string>>;

/** The description of a run in a checkpoint. */
export interface RunDescription {
  /** Everything that must be equal for a run to resume. */
  readonly identity: RunFacts;
  /** What else affects the bits of the results. If it differs, a run can resume, but its rounding will differ. */
  readonly environment: RunFacts;
  /** Its total number of updates. */
  readonly steps: number;
  /** The caller's own entries. */
  readonly metadata?: RunFacts | undefined;
}

/** Whether a model is one field. */
export const isFieldDescription = (description: ModelDescription): description is FieldDescription =>
  description.kind === 'field';

/** Everything that a fit needs to resume; vectors have P elements. */
export interface TrainingState {
  /** The number of updates so far. */
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly average?: Float32Array;
  /** The best parameters so far, of a run that keeps them. */
  readonly best?: SavedBest;
  /** The state of the divergence detector: the first loss, then the recent ones up to this step. */
  readonly history: readonly number[];
  /** The states of point sources, by the names of their terms. */
  readonly sources?: ReadonlyMap<string, Float32Array>;
  /** The state of each stop rule, and why one has stopped the run, if one has. */
  readonly until?: { readonly states: readonly (readonly number[])[]; readonly reason?: string };
}

/** The metadata key of the run's description. */
export const RUN_KEY = 'fit';
/** The state array with the parameters to resume from, where those of the field are an average. */
export const PARAMETERS = 'parameters';
/** The state array with the best parameters so far. */
export const BEST = 'best';
/** The state array with a vector of the optimizer. */
export const optimizerName = (index: number): string => `optimizer.${index}`;
/** The prefix of the state arrays of point sources. */
export const SOURCE = 'source.';

/** Encodes a model with its parameters: as a field file if it is a field. */
const encodeModel = (model: Model, flat: Float32Array, extras: FieldFileExtras): Uint8Array => {
  const { description, layout, extensions = {} } = model;
  const parameters = layout.toMap(flat);
  return isFieldDescription(description)
    ? encodeFieldData({ spec: description.spec, parameters }, { ...extras, extensions })
    : encodeModelData({ description: description as object as ModelData['description'], parameters }, extras);
};

/** Saves a run. The file's parameters are those that the model gets: the average where there is one. */
export const writeCheckpoint = async (
  store: CheckpointStore,
  model: Model,
  { identity, environment, metadata, steps }: RunDescription,
  { step, parameters, optimizer, average, best, history, sources = new Map(), until }: TrainingState,
): Promise<void> => {
  const vector = (data: Float32Array): { shape: readonly number[]; data: Float32Array } => ({
    shape: [data.length],
    data,
  });
  const state = new Map(optimizer.map((data, index) => [optimizerName(index), vector(data)]));
  if (average) state.set(PARAMETERS, vector(parameters));
  const { parameters: bestParameters, ...bestFigures } = best ?? {};
  if (bestParameters) state.set(BEST, vector(bestParameters));
  for (const [term, data] of sources) state.set(SOURCE + term, vector(data));
  const run = JSON.stringify({
    step,
    steps,
    history,
    identity,
    environment,
    ...(until && { until }),
    ...(best && { best: bestFigures }),
  });
  await store.write(encodeModel(model, average ?? parameters, { state, metadata: { ...metadata, [RUN_KEY]: run } }));
};
