/**
 * @file Reading checkpoints. Nothing in the bytes is trusted: whatever would only show as a bad loss some steps later
 * is refused here.
 */
import type { FieldDescription } from '../field.ts';
import { pickArrays } from '../files/field-data.ts';
import { decodeFieldData, decodeModelData, type FieldFile, type FieldFileExtras } from '../files/field-file.ts';
import type { ShapedArray } from '../files/safetensors.ts';
import type { Model, ModelDescription } from '../model.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import {
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
import { isSearchOptimizer, type Optimizer } from './optimizer.ts';
import { shown, shownJson } from './shown.ts';

/** What the checkpoint of any model holds. */
export interface ModelCheckpoint extends TrainingState {
  readonly identity: RunFacts;
  /** Absent in checkpoints that do not say. */
  readonly environment?: RunFacts;
  /** The caller's. */
  readonly metadata: RunFacts;
}

/** What the checkpoint of a field holds. */
export interface Checkpoint extends ModelCheckpoint {
  readonly spec: FieldSpec;
}

const damaged = (what: string, cause?: unknown): CheckpointError =>
  new CheckpointError('damaged', `fit: the checkpoint is damaged: ${what}`, { cause });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const assertFacts = (name: string, value: unknown): RunFacts => {
  if (!isObject(value) || !Object.values(value).every(fact => typeof fact === 'string'))
    throw damaged(`its ${name} must be an object of texts, got ${shownJson(value)}`);
  return value as RunFacts;
};

const readStep = (step: unknown): number => {
  if (!(Number.isSafeInteger(step) && (step as number) >= 0))
    throw damaged(`its step must be a whole number from 0, got ${shownJson(step)}`);
  return step as number;
};

/** The first loss, then at most one for each step. */
const readHistory = (history: unknown, step: number): readonly number[] => {
  if (!Array.isArray(history)) throw damaged(`its history must be a list of losses, got ${shownJson(history)}`);
  const [least, most] = step === 0 ? [0, 0] : [2, step + 1];
  if (history.length < least || history.length > most)
    throw damaged(`its history must have ${least} to ${most} losses at step ${step}, got ${history.length}`);
  const wrong = history.findIndex(loss => !Number.isFinite(loss));
  if (wrong >= 0)
    throw damaged(`its history must be finite numbers, got ${shownJson(history[wrong])} at place ${wrong}`);
  return history as readonly number[];
};

/** What rules of stopping have left. */
const readUntil = (until: unknown): NonNullable<TrainingState['until']> => {
  const states = isObject(until) ? until['states'] : undefined;
  const reason = isObject(until) ? until['reason'] : undefined;
  const areNumbers = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
  if (!(Array.isArray(states) && states.every(areNumbers) && ['string', 'undefined'].includes(typeof reason)))
    throw damaged(`its until must be lists of numbers and a reason, got ${shownJson(until)}`);
  return { states, ...(typeof reason === 'string' && { reason }) };
};

const readRun = (
  text: string | undefined,
): Pick<ModelCheckpoint, 'step' | 'history' | 'identity' | 'environment' | 'until'> => {
  if (text === undefined)
    throw new CheckpointError(
      'no-state',
      'fit: the file is a field without the state of a run, so it is no checkpoint to go on from',
    );
  let run: unknown;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw damaged('the description of its run must be JSON', cause);
  }
  if (!isObject(run)) throw damaged(`the description of its run must be an object, got ${shownJson(run)}`);
  const step = readStep(run['step']);
  return {
    step,
    history: readHistory(run['history'], step),
    identity: assertFacts('identity', run['identity']),
    ...(run['environment'] !== undefined && { environment: assertFacts('environment', run['environment']) }),
    ...(run['until'] !== undefined && { until: readUntil(run['until']) }),
  };
};

const assertFinite = (name: string, values: Float32Array): void => {
  const wrong = findNonFinite(values);
  if (wrong) throw damaged(`${describeNonFinite(name, wrong, values.length)}`);
};

/** A vector of as many numbers as there are parameters. */
const readVector = (name: string, { shape, data }: ShapedArray, size: number): Float32Array => {
  if (!(data instanceof Float32Array)) throw damaged(`its ${name} must be float32`);
  if (shape.length !== 1 || data.length !== size)
    throw damaged(`its ${name} must be [${size}], one number for each parameter, got [${shown(shape.join(', '))}]`);
  assertFinite(name, data);
  return data;
};

/** Numbers of any count. */
const readNumbers = (name: string, { data }: ShapedArray): Float32Array => {
  if (!(data instanceof Float32Array)) throw damaged(`its ${name} must be float32`);
  assertFinite(name, data);
  return data;
};

const flattened = (parameters: FieldFile['parameters']): Float32Array => {
  const size = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(size);
  let start = 0;
  for (const [name, { data }] of parameters) {
    assertFinite(shown(name), data);
    all.set(data, start);
    start += data.length;
  }
  return all;
};

/** Reads the state of a run from a file whose parameters, in the order of the layout, are known. */
const decodeRun = ({ metadata: all, state }: FieldFileExtras, parameters: FieldFile['parameters']): ModelCheckpoint => {
  const { [RUN_KEY]: text, ...metadata } = all ?? {};
  const run = readRun(text);
  const flat = flattened(parameters);
  const vectors = new Map<string, Float32Array>();
  const sources = new Map<string, Float32Array>();
  for (const [name, array] of state ?? [])
    if (name.startsWith(SOURCE)) sources.set(name.slice(SOURCE.length), readNumbers(shown(name), array));
    else vectors.set(name, readVector(shown(name), array, flat.length));
  const own = vectors.get(PARAMETERS);
  vectors.delete(PARAMETERS);
  const optimizer = Array.from({ length: vectors.size }, (_, index) => {
    const vector = vectors.get(optimizerName(index));
    if (vector === undefined)
      throw damaged(
        `its state must be ${PARAMETERS} and ${optimizerName(0)} ..., got ${shown([...vectors.keys()].join(', '))}`,
      );
    return vector;
  });
  return {
    ...run,
    metadata,
    optimizer,
    parameters: own ?? flat,
    ...(own && { average: flat }),
    ...(sources.size > 0 && { sources }),
  };
};

/**
 * Reads the checkpoint of a field and checks it whole: the step, the losses, the facts of the run, and the number, the
 * lengths and the values of all vectors.
 *
 * @param extensions the layers and activations of the spec that are not core ones
 * @throws CheckpointError `no-state` or `damaged`
 * @throws SafetensorsError when the bytes are not a safetensors file, FieldFileError when they are one, but not a field
 */
export const decodeCheckpoint = (bytes: Uint8Array, extensions: Extensions = {}): Checkpoint => {
  const file = decodeFieldData(bytes, extensions);
  return { ...decodeRun(file, file.parameters), spec: file.spec };
};

/**
 * The same for any model, with the model that it is of.
 *
 * @param restore makes the model that a checkpoint describes, where the run may have changed it; absent where it may
 *   not
 */
export const decodeModelCheckpoint = (
  bytes: Uint8Array,
  model: Model,
  restore?: (description: ModelDescription) => Model,
): { readonly checkpoint: ModelCheckpoint; readonly model: Model } => {
  const { description, extensions } = model;
  const modelOf = (saved: object): Model => {
    const isSame = JSON.stringify(saved) === JSON.stringify(description);
    if (!isSame && restore) return restore(saved as ModelDescription);
    const networkOf = (one: object): string => JSON.stringify((one as Partial<FieldDescription>).spec ?? one);
    assertSame('network', networkOf(saved), networkOf(description));
    return model;
  };
  if (isFieldDescription(description)) {
    const file = decodeFieldData(bytes, extensions);
    const checkpoint = decodeRun(file, file.parameters);
    return { model: modelOf({ kind: 'field', spec: file.spec }), checkpoint };
  }
  const file = decodeModelData(bytes);
  const found = modelOf(file.description);
  return { model: found, checkpoint: decodeRun(file, pickArrays(found.layout, file.parameters)) };
};

/** What a run needs of its checkpoint. */
export interface ResumingRun {
  readonly identity: RunFacts;
  readonly optimizer: Optimizer;
  /** Whether it keeps an average of the parameters. */
  readonly averages: boolean;
  /** How many updates it has in all. */
  readonly steps: number;
}

const assertSame = (what: string, saved: string | undefined, wanted: string | undefined): void => {
  if (saved === wanted) return;
  const difference = `its ${shown(what)} is ${shown(saved ?? 'absent')}, but this run's is ${shown(wanted ?? 'absent')}`;
  throw new CheckpointError(
    'another-run',
    `fit: the checkpoint is of another run: ${difference}. Go on with the same settings, or remove the checkpoint to begin anew.`,
    { difference },
  );
};

/** All that either has a value for, with both values. */
const compared = (saved: RunFacts, wanted: RunFacts): (readonly [string, string | undefined, string | undefined])[] => {
  const factOf = (facts: RunFacts, name: string): string | undefined =>
    Object.hasOwn(facts, name) ? facts[name] : undefined;
  const names = new Set([...Object.keys(saved), ...Object.keys(wanted)]);
  return [...names].map(name => [name, factOf(saved, name), factOf(wanted, name)] as const);
};

const assertState = (optimizer: Optimizer, { optimizer: vectors }: ModelCheckpoint): void => {
  const { kind } = optimizer;
  const wanted = isSearchOptimizer(optimizer) ? undefined : optimizer.stateSize;
  if (wanted !== undefined && vectors.length !== wanted)
    throw damaged(`it must have the ${wanted} vectors of ${kind}, got ${vectors.length}`);
  const problem = optimizer.stateProblem?.(vectors);
  if (problem !== undefined) throw damaged(`the state of ${kind}: ${problem}`);
};

/** @throws CheckpointError when a run cannot go on from a checkpoint */
export const assertResumable = (checkpoint: ModelCheckpoint, run: ResumingRun): void => {
  for (const [what, saved, wanted] of compared(checkpoint.identity, run.identity)) assertSame(what, saved, wanted);
  if (checkpoint.step > run.steps) {
    const difference = `at step ${checkpoint.step}, past the ${run.steps} steps of this run`;
    throw new CheckpointError('another-run', `fit: the checkpoint is ${difference}`, {
      difference: `it is ${difference}`,
    });
  }
  assertState(run.optimizer, checkpoint);
  if ((checkpoint.average !== undefined) !== run.averages)
    throw damaged(
      run.averages
        ? 'the parameters beside their average are missing'
        : 'it has an average that this run does not keep',
    );
};

/**
 * What differs between where a checkpoint was made and where the run goes on, in a sentence; `undefined` when nothing
 * does, or it is not known.
 */
export const describeChange = ({ environment }: ModelCheckpoint, now: RunFacts): string | undefined => {
  if (environment === undefined) return undefined;
  const changes = compared(environment, now)
    .filter(([, saved, wanted]) => saved !== wanted)
    .map(([what, saved, wanted]) => shown(`${what} ${saved ?? 'unknown'}, now ${wanted ?? 'unknown'}`));
  if (changes.length === 0) return undefined;
  return `the checkpoint was made elsewhere (${changes.join('; ')}): the results will differ by rounding from those of an unbroken run`;
};
