/** @file The options of a fit, and the checks that need no work. */
import { isBatchNetwork, type Model, singleNetwork, viewOf } from '../model.ts';
import type { Adapter } from './adapt.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { DivergenceOptions } from './divergence.ts';
import { isSearchOptimizer, type Optimizer } from './optimizer.ts';
import { assertGroups, type ParameterGroup } from './parameter-groups.ts';
import type { ChunkListener } from './points.ts';
import { factorAt, type Schedule } from './schedule.ts';
import type { StopRule } from './stop-rules.ts';
import { isPointTerm, type ObjectiveTerm, type Term } from './term.ts';
import type { ParameterProjection } from './training-vectors.ts';

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Seconds between checkpoints; 30 if absent. */
  readonly everySeconds?: number;
  /** Steps between checkpoints, beside the seconds; none if absent. */
  readonly everySteps?: number;
  /** What is fitted, e.g. the hash of a file: a checkpoint with other entries is refused. */
  readonly identity?: Readonly<Record<string, string>>;
  /**
   * Free text by key that is kept in the checkpoint's file, e.g. what the field stands for. The key `fit` is the run's
   * own.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Told, in a sentence, when a checkpoint was made on another backend, with another number of threads or in chunks of
   * another size: the fit goes on, but not to the bits of an unbroken run.
   */
  readonly onWarning?: (message: string) => void;
}

/** The options of {@link fit}. */
export interface FitOptions {
  /** How many updates in all, those of a resumed run included. */
  readonly steps: number;
  /**
   * `adam()` if absent: learning rate 1e-4. `lbfgs()` needs fewer steps, of several evaluations each, where all points
   * are in each.
   */
  readonly optimizer?: Optimizer;
  /** A factor on the learning rate; constant if absent. Not with an optimizer that searches, as `lbfgs`. */
  readonly schedule?: Schedule;
  /**
   * Parameters that are trained in their own way, or not at all, e.g. `[{ parameters: { group: 'table' }, optimizer:
   * adam({ learningRate: 1e-2, epsilon: 1e-15 }) }]`. Not with an optimizer that searches.
   */
  readonly groups?: readonly ParameterGroup[];
  /**
   * What the parameters become after every update, e.g. `parameters => clipByValue(parameters, -1, 1)`. A run that is
   * resumed has to be given the same.
   */
  readonly project?: ParameterProjection;
  /**
   * Ends the fit before its last step, e.g. `stopAt({ figure: 'psnr', atLeast: 40 })`; asked at every report. Of
   * several, the first ends it.
   */
  readonly until?: StopRule | readonly StopRule[];
  /**
   * Changes what is trained in the middle of the fit, e.g. takes features away; asked after every update. Not with an
   * optimizer that searches.
   */
  readonly adapt?: Adapter;
  /** The seed of the points that are drawn; 0 if absent. */
  readonly seed?: number;
  /**
   * Points per chunk. If absent, as many as keep a step near 128 MiB of activations. It changes results by rounding
   * only.
   */
  readonly chunkSize?: number;
  /**
   * The largest Euclidean norm of the whole gradient; a longer one is shortened to it. No limit if absent. Not with an
   * optimizer that searches.
   */
  readonly clipNorm?: number;
  /**
   * The decay of an exponential moving average of the parameters, e.g. 0.999. The field then holds the average; the fit
   * goes on from its own.
   */
  readonly averageDecay?: number;
  /** Steps between reports; 1 if absent. A report reads the losses from the device, which costs time on a GPU. */
  readonly reportEvery?: number;
  /**
   * Told how much of a step is done: progress within steps that take long. Terms with statistics over a step's points
   * are not counted.
   */
  readonly onChunk?: ChunkListener;
  /** Stops the fit, between two chunks, with the signal's reason as the error. A checkpoint is written first. */
  readonly signal?: AbortSignal;
  readonly checkpoint?: CheckpointOptions;
  /** What counts as divergence. */
  readonly divergence?: DivergenceOptions;
}

/** The rules of stopping. */
export const stopRulesOf = ({ until = [] }: Pick<FitOptions, 'until'>): readonly StopRule[] =>
  (Array.isArray as (value: unknown) => value is readonly StopRule[])(until) ? until : [until as StopRule];

/** Metadata keys that begin with this belong to the files of fields. */
const FILE_KEYS = 'neural-fields.';

const assertThat = (valid: boolean, what: string, wanted: string, value: unknown): void => {
  if (!valid) throw new RangeError(`fit: ${what} must be ${wanted}, got ${String(value)}`);
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

const assertPositiveInteger = (name: string, value: number): void =>
  assertThat(Number.isSafeInteger(value) && value >= 1, name, 'a positive integer', value);

const assertTexts = (name: string, texts: Readonly<Record<string, string>> = {}): void => {
  for (const [key, text] of Object.entries(texts))
    if (typeof text !== 'string') throw new TypeError(`fit: ${name}.${key} must be text, got a ${typeof text}`);
};

const assertCheckpoint = ({
  store,
  everySeconds = 1,
  everySteps = 1,
  identity,
  metadata = {},
}: CheckpointOptions): void => {
  if (typeof store?.read !== 'function' || typeof store.write !== 'function')
    throw new TypeError('fit: checkpoint.store must have the methods read and write');
  assertThat(
    isNumber(everySeconds) && everySeconds >= 0,
    'checkpoint.everySeconds',
    'a number of at least 0',
    everySeconds,
  );
  assertPositiveInteger('checkpoint.everySteps', everySteps);
  assertTexts('checkpoint.identity', identity);
  assertTexts('checkpoint.metadata', metadata);
  for (const key of Object.keys(metadata))
    if (key === 'fit' || key.startsWith(FILE_KEYS))
      throw new RangeError(`fit: checkpoint.metadata must have keys of its own; '${key}' is the file's`);
};

const assertOptimizer = (optimizer: Optimizer, { schedule, clipNorm, groups, adapt, steps }: FitOptions): void => {
  const { kind, learningRate } = optimizer;
  const isRate = Number.isFinite(learningRate) && learningRate >= 0;
  assertThat(isRate, `the learning rate of ${kind}`, 'a finite number of at least 0', learningRate);
  if (isSearchOptimizer(optimizer)) {
    for (const [name, value] of Object.entries({ schedule, clipNorm, groups }))
      if (value !== undefined)
        throw new TypeError(`fit: ${name} must be absent with ${kind}, which finds the length of its steps itself`);
    if (adapt !== undefined) throw new TypeError(`fit: adapt must be absent with ${kind}, whose vectors are its own`);
  } else {
    const { stateSize } = optimizer;
    assertThat(Number.isSafeInteger(stateSize) && stateSize >= 0, `stateSize of ${kind}`, 'a count', stateSize);
    if (schedule) for (const step of [1, steps]) factorAt(schedule, step, steps);
  }
};

/** Statistics over the points of a step go with one field that has its own parameters. */
const assertStatistics = (model: Model, { name, field, points }: Term): void => {
  const { network, parameters } = viewOf(model, field, name);
  if (singleNetwork(network).statistics.length === 0) return;
  const layers = 'layers with statistics over the points of a step, as batch-norm,';
  if (isBatchNetwork(network)) throw new TypeError(`fit: ${layers} do not go with many fields at once`);
  if (parameters)
    throw new TypeError(
      `fit: ${layers} need a field that is a model of its own: their running averages are its parameters`,
    );
  if (points.observe)
    throw new TypeError(`fit: ${layers} do not go with points that observe losses, as those of term '${name}'`);
};

const assertPoints = (model: Model, term: Term): void => {
  const { name, field, points } = term;
  const { network } = viewOf(model, field, name);
  const { inFeatures } = singleNetwork(network).program;
  if (points.inFeatures !== inFeatures)
    throw new RangeError(
      `fit: the points of term '${name}' must have ${inFeatures} coordinates as the field has, got ${points.inFeatures}`,
    );
  assertPositiveInteger(`pointsPerStep of term '${name}'`, points.pointsPerStep);
  assertStatistics(model, term);
  if (points.fields === undefined) return;
  if (!isBatchNetwork(network))
    throw new RangeError(
      `fit: the points of term '${name}' must be for one field as the model has, got those for ${points.fields}`,
    );
  assertPositiveInteger(`fields of term '${name}'`, points.fields);
};

const assertTerms = (model: Model, terms: readonly ObjectiveTerm[]): void => {
  if (terms.length === 0) throw new RangeError('fit: needs at least one term, got none');
  const names = new Set<string>();
  for (const term of terms) {
    const { name, field } = term;
    if (names.has(name)) throw new RangeError(`fit: the terms must have different names, got '${name}' twice`);
    names.add(name);
    if (isPointTerm(term)) assertPoints(model, term);
    else term.assertLayout(field === undefined ? model.layout : viewOf(model, field, name).network.layout);
  }
};

/**
 * @param optimizer the one of the options, or the default
 * @throws RangeError, TypeError when an option or a term does not fit
 */
export const assertOptions = (
  model: Model,
  terms: readonly ObjectiveTerm[],
  optimizer: Optimizer,
  options: FitOptions,
): void => {
  const {
    steps,
    chunkSize = 1,
    reportEvery = 1,
    seed = 0,
    clipNorm = 1,
    averageDecay = 0,
    groups = [],
    checkpoint,
  } = options;
  for (const [name, value] of Object.entries({ steps, chunkSize, reportEvery })) assertPositiveInteger(name, value);
  assertThat(Number.isFinite(seed), 'seed', 'a finite number', seed);
  assertThat(isNumber(clipNorm) && clipNorm > 0, 'clipNorm', 'a positive number', clipNorm);
  assertThat(
    isNumber(averageDecay) && averageDecay >= 0 && averageDecay < 1,
    'averageDecay',
    'a number in [0, 1)',
    averageDecay,
  );
  if (checkpoint) assertCheckpoint(checkpoint);
  assertOptimizer(optimizer, options);
  for (const group of groups)
    if (group.optimizer)
      assertOptimizer(group.optimizer, { ...options, ...(group.schedule && { schedule: group.schedule }) });
  assertGroups(model.layout, groups);
  assertTerms(model, terms);
  for (const { terms: heldOut = [] } of stopRulesOf(options)) for (const term of heldOut) assertPoints(model, term);
  if (isSearchOptimizer(optimizer))
    for (const term of terms)
      if (isPointTerm(term) && term.points.observe)
        throw new TypeError(
          `fit: the points of term '${term.name}' observe losses, which does not go with ${optimizer.kind}: it evaluates them several times in a step`,
        );
};
