/**
 * @file Reading checkpoints. The bytes are not trusted: damage that would otherwise show only as a bad loss some steps
 *   later is rejected here.
 */
import type { FieldDescription } from '../field.ts';
import { pickArrays } from '../files/field-data.ts';
import { decodeFieldData, decodeModelData, type FieldFile, type FieldFileExtras } from '../files/field-file.ts';
import type { ShapedArray } from '../files/safetensors.ts';
import type { Model, ModelDescription } from '../model.ts';
import { quoted, quotedJson } from '../printable.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import type { SavedBest } from './best-state.ts';
import {
  BEST,
  CheckpointError,
  isFieldDescription,
  optimizerName,
  PARAMETERS,
  RUN_KEY,
  type RunFacts,
  SOURCE,
  type TrainingState,
} from './checkpoint.ts';
import { describeNonFinite, findNonFinite } from './non-finite.ts';
import { isSearchOptimizer, type Optimizer, stateLengthsOf } from './optimizer.ts';

/** The content of any model's checkpoint. */
export interface ModelCheckpoint extends TrainingState {
  /** That of the model which was fitted. */
  readonly description: ModelDescription;
  readonly identity: RunFacts;
  /** The total number of updates that the run was to have; absent in checkpoints without it. */
  readonly steps?: number;
  /** Absent in checkpoints without it. */
  readonly environment?: RunFacts;
  /** The caller's metadata. */
  readonly metadata: RunFacts;
}

/** The content of a field's checkpoint. */
export interface Checkpoint extends ModelCheckpoint {
  readonly spec: FieldSpec;
}

const damaged = (what: string, cause?: unknown): CheckpointError =>
  new CheckpointError('damaged', `the checkpoint is damaged: ${what}`, { cause });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const assertFacts = (name: string, value: unknown): RunFacts => {
  if (!isObject(value) || !Object.values(value).every(fact => typeof fact === 'string'))
    throw damaged(`its ${name} must be an object of strings, got ${quotedJson(value)}`);
  return value as RunFacts;
};

const readStep = (step: unknown, name = 'step'): number => {
  if (!(Number.isSafeInteger(step) && (step as number) >= 0))
    throw damaged(`its ${name} must be an integer >= 0, got ${quotedJson(step)}`);
  return step as number;
};

/** The first loss, then at most one per step. */
const readHistory = (history: unknown, step: number): readonly number[] => {
  if (!Array.isArray(history)) throw damaged(`its history must be a list of losses, got ${quotedJson(history)}`);
  const [min, max] = step === 0 ? [0, 0] : [2, step + 1];
  if (history.length < min || history.length > max)
    throw damaged(`its history must have ${min} to ${max} losses at step ${step}, got ${history.length}`);
  const wrong = history.findIndex(loss => !Number.isFinite(loss));
  if (wrong >= 0)
    throw damaged(`its history must be finite numbers, got ${quotedJson(history[wrong])} at index ${wrong}`);
  return history as readonly number[];
};

/** The states of the stop rules. */
const readUntil = (until: unknown): NonNullable<TrainingState['until']> => {
  const states = isObject(until) ? until['states'] : undefined;
  const reason = isObject(until) ? until['reason'] : undefined;
  const areNumbers = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
  if (!(Array.isArray(states) && states.every(areNumbers) && ['string', 'undefined'].includes(typeof reason)))
    throw damaged(`its until must be lists of numbers and a reason, got ${quotedJson(until)}`);
  return { states, ...(typeof reason === 'string' && { reason }) };
};

/** The running mean and the best one so far, after `step` updates. */
const readBest = (best: unknown, step: number): Omit<SavedBest, 'parameters'> => {
  const { step: at, seen, loss, running } = isObject(best) ? best : {};
  const areCounts = Number.isSafeInteger(at) && Number.isSafeInteger(seen);
  const inOrder =
    areCounts && 0 <= (at as number) && (at as number) <= (seen as number) && (seen as number) <= step + 1;
  if (!(inOrder && Number.isFinite(loss) && Number.isFinite(running)))
    throw damaged(`its best must be steps up to ${step + 1} and losses, got ${quotedJson(best)}`);
  return { step: at as number, seen: seen as number, loss: loss as number, running: running as number };
};

/** The description of a run in a checkpoint. */
type ReadRun = Pick<ModelCheckpoint, 'step' | 'steps' | 'history' | 'identity' | 'environment' | 'until'> & {
  readonly best?: Omit<SavedBest, 'parameters'>;
};

const readRun = (text: string | undefined): ReadRun => {
  if (text === undefined)
    throw new CheckpointError(
      'no-state',
      'the file is a field without the state of a run, so it cannot be resumed from',
    );
  let run: unknown;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw damaged('the description of its run must be JSON', cause);
  }
  if (!isObject(run)) throw damaged(`the description of its run must be an object, got ${quotedJson(run)}`);
  const step = readStep(run['step']);
  return {
    step,
    ...(run['steps'] !== undefined && { steps: readStep(run['steps'], 'steps') }),
    history: readHistory(run['history'], step),
    identity: assertFacts('identity', run['identity']),
    ...(run['environment'] !== undefined && { environment: assertFacts('environment', run['environment']) }),
    ...(run['until'] !== undefined && { until: readUntil(run['until']) }),
    ...(run['best'] !== undefined && { best: readBest(run['best'], step) }),
  };
};

const assertFinite = (name: string, values: Float32Array): void => {
  const wrong = findNonFinite(values);
  if (wrong) throw damaged(`${describeNonFinite(name, wrong, values.length)}`);
};

/** @throws CheckpointError unless a vector has one element per parameter */
const assertPerParameter = (name: string, { length }: Float32Array, size: number): void => {
  if (length !== size) throw damaged(`its ${name} must be [${size}], one value for each parameter, got [${length}]`);
};

/** A vector of the optimizer, whose length depends on its kind, or of parameters. */
const readVector = (name: string, array: ShapedArray): Float32Array => {
  if (array.shape.length !== 1) throw damaged(`its ${name} must be a vector, got [${quoted(array.shape.join(', '))}]`);
  return readValues(name, array);
};

/** A vector of any length. */
const readValues = (name: string, { data }: ShapedArray): Float32Array => {
  if (!(data instanceof Float32Array)) throw damaged(`its ${name} must be float32`);
  assertFinite(name, data);
  return data;
};

const flattened = (parameters: FieldFile['parameters']): Float32Array => {
  const size = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(size);
  let start = 0;
  for (const [name, { data }] of parameters) {
    assertFinite(quoted(name), data);
    all.set(data, start);
    start += data.length;
  }
  return all;
};

/** Reads the state of a run from a file whose parameters are given in the order of the layout. */
const decodeRun = (
  { metadata: all, state }: FieldFileExtras,
  parameters: FieldFile['parameters'],
): Omit<ModelCheckpoint, 'description'> => {
  const { [RUN_KEY]: text, ...metadata } = all ?? {};
  const { best: bestFigures, ...run } = readRun(text);
  const flat = flattened(parameters);
  const vectors = new Map<string, Float32Array>();
  const sources = new Map<string, Float32Array>();
  for (const [name, array] of state ?? [])
    if (name.startsWith(SOURCE)) sources.set(name.slice(SOURCE.length), readValues(quoted(name), array));
    else vectors.set(name, readVector(quoted(name), array));
  const own = vectors.get(PARAMETERS);
  if (own) assertPerParameter(PARAMETERS, own, flat.length);
  vectors.delete(PARAMETERS);
  const best = vectors.get(BEST);
  if (best) assertPerParameter(BEST, best, flat.length);
  if ((best === undefined) !== (bestFigures === undefined))
    throw damaged(`it must have both the best parameters and their losses, or neither`);
  vectors.delete(BEST);
  const optimizer = Array.from({ length: vectors.size }, (_, index) => {
    const vector = vectors.get(optimizerName(index));
    if (vector === undefined)
      throw damaged(
        `its state must be ${PARAMETERS} and ${optimizerName(0)} ..., got ${quoted([...vectors.keys()].join(', '))}`,
      );
    return vector;
  });
  return {
    ...run,
    metadata,
    optimizer,
    parameters: own ?? flat,
    ...(own && { average: flat }),
    ...(best && bestFigures && { best: { ...bestFigures, parameters: best } }),
    ...(sources.size > 0 && { sources }),
  };
};

/**
 * Reads the checkpoint of a field and validates all of it: the step, the losses, the description of the run, and the
 * values of all vectors. How many vectors an optimizer has, and of which lengths, is checked where a fit resumes.
 *
 * @param extensions the layers and activations of the spec that core does not define
 * @throws CheckpointError `no-state` or `damaged`
 * @throws SafetensorsError when the bytes are not a safetensors file, FieldFileError when they are one, but not of a
 *   field
 */
export const decodeCheckpoint = (bytes: Uint8Array, extensions: Extensions = {}): Checkpoint => {
  const file = decodeFieldData(bytes, extensions);
  const { spec } = file;
  return { ...decodeRun(file, file.parameters), spec, description: { kind: 'field', spec } as FieldDescription };
};

/** A checkpoint with its model. */
export interface CheckpointedModel {
  readonly checkpoint: ModelCheckpoint;
  readonly model: Model;
}

/** Makes the model that a checkpoint describes, for runs that may change the model. */
type RestoreModel = (description: ModelDescription) => Model;

/** The model that a checkpoint describes: the given one, unless a run may change it. */
const describedModel = (saved: object, model: Model, restore: RestoreModel | undefined): Model => {
  const { description } = model;
  const isSame = JSON.stringify(saved) === JSON.stringify(description);
  if (!isSame && restore) return restore(saved as ModelDescription);
  const networkOf = (one: object): string => JSON.stringify((one as Partial<FieldDescription>).spec ?? one);
  assertSame('network', networkOf(saved), networkOf(description));
  return model;
};

/** The model of a checkpoint that is already decoded. */
export const withModel = (checkpoint: ModelCheckpoint, model: Model, restore?: RestoreModel): CheckpointedModel => ({
  model: describedModel(checkpoint.description, model, restore),
  checkpoint,
});

/** Reads the checkpoint of any model, and returns it with its model. */
export const readModelCheckpoint = (bytes: Uint8Array, model: Model, restore?: RestoreModel): CheckpointedModel => {
  if (isFieldDescription(model.description))
    return withModel(decodeCheckpoint(bytes, model.extensions), model, restore);
  const file = decodeModelData(bytes);
  const found = describedModel(file.description, model, restore);
  const run = decodeRun(file, pickArrays(found.layout, file.parameters));
  return { model: found, checkpoint: { ...run, description: file.description as object as ModelDescription } };
};

/**
 * Reads the checkpoint of a model that is not changed, and validates all of it, as {@link decodeCheckpoint} that of a
 * field.
 *
 * @param model one with the same description
 * @throws CheckpointError `no-state`, `damaged`, or `another-run` when the checkpoint is of another model
 * @throws SafetensorsError when the bytes are not a safetensors file, FieldFileError when they are one, but not of such
 *   a model
 */
export const decodeModelCheckpoint = (bytes: Uint8Array, model: Model): ModelCheckpoint =>
  readModelCheckpoint(bytes, model).checkpoint;

/** What a run requires of its checkpoint. */
export interface ResumingRun {
  readonly identity: RunFacts;
  readonly optimizer: Optimizer;
  /** Whether it maintains an average of the parameters. */
  readonly averages: boolean;
  /** Whether it keeps the best parameters. */
  readonly keepsBest: boolean;
  /** Its total number of updates. */
  readonly steps: number;
}

const assertSame = (what: string, saved: string | undefined, wanted: string | undefined): void => {
  if (saved === wanted) return;
  const difference = `its ${quoted(what)} is ${quoted(saved ?? 'absent')}, but this run's is ${quoted(wanted ?? 'absent')}`;
  throw new CheckpointError(
    'another-run',
    `the checkpoint is of another run: ${difference}. Resume with the same settings, or remove the checkpoint to start over.`,
    { difference },
  );
};

/** The names of all entries, each with both values. */
const compared = (saved: RunFacts, wanted: RunFacts): (readonly [string, string | undefined, string | undefined])[] => {
  const factOf = (facts: RunFacts, name: string): string | undefined =>
    Object.hasOwn(facts, name) ? facts[name] : undefined;
  const names = new Set([...Object.keys(saved), ...Object.keys(wanted)]);
  return [...names].map(name => [name, factOf(saved, name), factOf(wanted, name)] as const);
};

const assertState = (optimizer: Optimizer, { optimizer: vectors, parameters }: ModelCheckpoint): void => {
  const { kind } = optimizer;
  const size = parameters.length;
  if (!isSearchOptimizer(optimizer)) {
    const lengths = stateLengthsOf(optimizer, size);
    if (vectors.length !== lengths.length)
      throw damaged(`it must have the ${lengths.length} vectors of ${kind}, got ${vectors.length}`);
    for (const [index, { length }] of vectors.entries())
      if (length !== lengths[index])
        throw damaged(`its ${optimizerName(index)} must be [${lengths[index]}], got [${length}]`);
  }
  const problem = optimizer.stateProblem?.(vectors, size);
  if (problem !== undefined) throw damaged(`the state of ${kind}: ${problem}`);
};

/** @throws CheckpointError when a run cannot resume from a checkpoint */
export const assertResumable = (checkpoint: ModelCheckpoint, run: ResumingRun): void => {
  for (const [what, saved, wanted] of compared(checkpoint.identity, run.identity)) assertSame(what, saved, wanted);
  if (checkpoint.step > run.steps) {
    const difference = `at step ${checkpoint.step}, beyond the ${run.steps} steps of this run`;
    throw new CheckpointError('another-run', `the checkpoint is ${difference}`, {
      difference: `it is ${difference}`,
    });
  }
  assertState(run.optimizer, checkpoint);
  if ((checkpoint.average !== undefined) !== run.averages)
    throw damaged(
      run.averages
        ? 'it has an average, but not the parameters themselves'
        : 'it has an average, which this run does not maintain',
    );
  if ((checkpoint.best !== undefined) !== run.keepsBest)
    throw damaged(
      run.keepsBest ? 'the best parameters are missing' : 'it has best parameters, which this run does not keep',
    );
};

/**
 * A sentence on how the environment of a checkpoint differs from that of the resumed run; `undefined` when it does not
 * differ, or is unknown.
 */
export const describeChange = ({ environment }: ModelCheckpoint, now: RunFacts): string | undefined => {
  if (environment === undefined) return undefined;
  const changes = compared(environment, now)
    .filter(([, saved, wanted]) => saved !== wanted)
    .map(([what, saved, wanted]) => quoted(`${what} ${saved ?? 'unknown'}, now ${wanted ?? 'unknown'}`));
  if (changes.length === 0) return undefined;
  return `the checkpoint was written in another environment (${changes.join('; ')}): the results will differ by rounding from those of an uninterrupted run`;
};
