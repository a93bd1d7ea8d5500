/** @file The options of a fit, and their validation. */
import { assertCount } from '../assert-number.ts';
import { isBatchNetwork, type Model, singleNetwork, viewOf } from '../model.ts';
import { assertOptions } from '../options.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { Adapter } from './adapt.ts';
import { bestDecayOf, type KeepBestOptions } from './best-state.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { DivergenceOptions } from './divergence.ts';
import { isSearchOptimizer, type Optimizer, type SearchOptimizer } from './optimizer.ts';
import { assertGroups, type ParameterGroup } from './parameter-groups.ts';
import type { ChunkListener, PointSource } from './points.ts';
import type { ModelCheckpoint } from './read-checkpoint.ts';
import { factorAt, type Schedule } from './schedule.ts';
import type { StopRule } from './stop-rules.ts';
import { isPointTerm, type ObjectiveTerm, type Term } from './term.ts';
import type { ParameterProjection } from './training-vectors.ts';

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /**
   * The checkpoint in the store, for callers that have decoded it already with `decodeCheckpoint` or
   * `decodeModelCheckpoint`: the fit resumes from it, and does not read the store.
   */
  readonly resume?: ModelCheckpoint;
  /** Seconds between checkpoints; 30 if absent. */
  readonly everySeconds?: number;
  /** Also write a checkpoint every this many steps; only by time if absent. */
  readonly everySteps?: number;
  /** Identifies what is fitted, e.g. by the hash of a file: a checkpoint with other entries is refused. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Metadata to store in the checkpoint file, e.g. what the field represents. The key `fit` is reserved. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Called with a sentence when a checkpoint was written on another backend, with another number of threads or another
   * chunk size: the fit resumes, but not to the same bits as an uninterrupted run.
   */
  readonly onWarning?: (message: string) => void;
}

/** The options of {@link fit}. */
export interface FitOptions {
  /** The total number of updates, including those before a resume. */
  readonly steps: number;
  /**
   * `adam()` if absent: learning rate 1e-4. `lbfgs()` needs fewer steps, of several evaluations each, and fixed
   * points.
   */
  readonly optimizer?: Optimizer;
  /** A factor on the learning rate; constant if absent. Not with a search optimizer such as `lbfgs`. */
  readonly schedule?: Schedule;
  /**
   * Groups of parameters with their own optimizer settings, or frozen, e.g. `[{ parameters: { group: 'table' },
   * optimizer: adam({ learningRate: 1e-2, epsilon: 1e-15 }) }]`. Not with a search optimizer.
   */
  readonly groups?: readonly ParameterGroup[];
  /**
   * A projection of the parameters after every update, e.g. `parameters => clipByValue(parameters, -1, 1)`. A resumed
   * run must have the same one.
   */
  readonly project?: ParameterProjection;
  /**
   * Ends the fit before its last step, e.g. `stopAt({ metric: 'psnr', atLeast: 40 })`; checked at every report. The
   * first of several rules ends it.
   */
  readonly until?: StopRule | readonly StopRule[];
  /**
   * Changes the model in the middle of the fit, e.g. prunes features; called after every update. Not with a search
   * optimizer.
   */
  readonly adapt?: Adapter;
  /** The seed for drawing points; 0 if absent. */
  readonly seed?: number;
  /** Points per chunk. If absent, chosen to keep activations near 128 MiB. It changes results only by rounding. */
  readonly chunkSize?: number;
  /**
   * Clips the Euclidean norm of the whole gradient to this value. No clipping if absent. Not with a search optimizer.
   */
  readonly clipNorm?: number;
  /**
   * The decay of an exponential moving average of the parameters, e.g. 0.999. The field then holds the average, while
   * the fit continues with the parameters themselves.
   */
  readonly averageDecay?: number;
  /**
   * Keeps the parameters with the lowest running mean of the reported losses, and gives them to the model when the fit
   * ends by its last step or by `until`; without it, and where `until` has reached a goal, the model has the last ones.
   * Adam's loss sometimes jumps, and a fit may end before it has come down again. Costs one vector `f32[P]` in memory
   * and in checkpoints. With `averageDecay` the average of that time is kept. Not with `adapt` or a `weightSchedule`:
   * losses of different steps are then not comparable.
   */
  readonly keepBest?: boolean | KeepBestOptions;
  /** Steps between reports; 1 if absent. A report reads the losses from the device, which takes time on a GPU. */
  readonly reportEvery?: number;
  /**
   * Called with the completed share of a step: progress within long steps. Terms with statistics over a step's points
   * are not counted.
   */
  readonly onChunk?: ChunkListener;
  /** Stops the fit between two chunks: it throws the signal's reason, after writing a checkpoint. */
  readonly signal?: AbortSignal;
  readonly checkpoint?: CheckpointOptions;
  /** What counts as divergence. */
  readonly divergence?: DivergenceOptions;
}

/** The stop rules of a fit. */
export const stopRulesOf = ({ until = [] }: Pick<FitOptions, 'until'>): readonly StopRule[] =>
  (Array.isArray as (value: unknown) => value is readonly StopRule[])(until) ? until : [until as StopRule];

/** Metadata keys with this prefix belong to the file format. */
const FILE_KEYS = 'neural-fields.';

const assertThat = (valid: boolean, what: string, wanted: string, value: unknown): void => {
  if (!valid) throw new RangeError(`fit: ${what} must be ${wanted}, got ${String(value)}`);
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

const assertTexts = (name: string, texts: Readonly<Record<string, string>> = {}): void => {
  for (const [key, text] of Object.entries(texts))
    if (typeof text !== 'string') throw new TypeError(`fit: ${name}.${key} must be text, got a ${typeof text}`);
};

const assertCheckpoint = (options: CheckpointOptions): void => {
  assertOptions('fit: checkpoint', options, {
    store: 1,
    resume: 1,
    everySeconds: 1,
    everySteps: 1,
    identity: 1,
    metadata: 1,
    onWarning: 1,
  });
  const { store, resume, everySeconds = 1, everySteps = 1, identity, metadata = {} } = options;
  if (typeof store?.read !== 'function' || typeof store.write !== 'function')
    throw new TypeError('fit: checkpoint.store must have the methods read and write');
  if (resume !== undefined && !(resume.parameters instanceof Float32Array && Array.isArray(resume.optimizer)))
    throw new TypeError('fit: checkpoint.resume must be a checkpoint as decodeCheckpoint returns it');
  assertThat(
    isNumber(everySeconds) && everySeconds >= 0,
    'checkpoint.everySeconds',
    'a number of at least 0',
    everySeconds,
  );
  assertCount('fit: checkpoint.everySteps', everySteps);
  assertTexts('checkpoint.identity', identity);
  assertTexts('checkpoint.metadata', metadata);
  for (const key of Object.keys(metadata))
    if (key === 'fit' || key.startsWith(FILE_KEYS))
      throw new RangeError(`fit: checkpoint.metadata must not have the reserved key '${key}'`);
};

const assertOptimizer = (
  optimizer: Optimizer,
  layout: ParameterLayout,
  { schedule, clipNorm, groups, adapt, steps }: FitOptions,
): void => {
  const { kind, learningRate } = optimizer;
  const isRate = Number.isFinite(learningRate) && learningRate >= 0;
  assertThat(isRate, `the learning rate of ${kind}`, 'a finite number of at least 0', learningRate);
  const cannotMap = `fit: adapt must be absent with ${kind}, whose state cannot be mapped`;
  if (isSearchOptimizer(optimizer)) {
    for (const [name, value] of Object.entries({ schedule, clipNorm, groups }))
      if (value !== undefined)
        throw new TypeError(`fit: ${name} must be absent with ${kind}, which chooses the length of its steps itself`);
  } else {
    const { stateSize, stateLengths, restart } = optimizer.bind?.({ layout, model: layout }) ?? optimizer;
    // In groups, or beside parameters that are not trained, it has only a part of the state.
    const restarts = restart !== undefined && groups === undefined && layout.entries.every(({ trained }) => trained);
    if (adapt !== undefined && stateLengths && !restarts) throw new TypeError(cannotMap);
    assertThat(Number.isSafeInteger(stateSize) && stateSize >= 0, `stateSize of ${kind}`, 'a count', stateSize);
    if (schedule) for (const step of [1, steps]) factorAt(schedule, step, steps);
  }
};

/** Whether a source gets the losses of single points. */
const readsLosses = ({ observe, scoring }: PointSource): boolean => observe !== undefined || scoring !== undefined;

/** Layers with statistics over the points of a step need a single field whose parameters are the model's. */
const assertStatistics = (model: Model, { name, field, points }: Term): void => {
  const { network, parameters } = viewOf(model, field, name);
  if (singleNetwork(network).statistics.length === 0) return;
  const layers = 'layers with statistics over the points of a step, such as batch-norm,';
  if (isBatchNetwork(network)) throw new TypeError(`fit: ${layers} do not support batches of fields`);
  if (parameters)
    throw new TypeError(
      `fit: ${layers} need a field whose parameters are the model's own: their running averages are parameters`,
    );
  if (readsLosses(points))
    throw new TypeError(`fit: ${layers} do not support points that observe losses, got those of term '${name}'`);
};

const assertPoints = (model: Model, term: Term): void => {
  const { name, field, points } = term;
  const { network } = viewOf(model, field, name);
  const { inFeatures } = singleNetwork(network).program;
  if (points.scoring && isBatchNetwork(network))
    throw new TypeError(`fit: points with scoring do not support batches of fields, got those of term '${name}'`);
  if (points.inFeatures !== inFeatures)
    throw new RangeError(
      `fit: the points of term '${name}' must have ${inFeatures} coordinates like the field, got ${points.inFeatures}`,
    );
  assertCount(`fit: pointsPerStep of term '${name}'`, points.pointsPerStep);
  assertStatistics(model, term);
  if (points.fields === undefined) return;
  if (!isBatchNetwork(network))
    throw new RangeError(
      `fit: the points of term '${name}' must be for one field, got points for ${points.fields} fields`,
    );
  assertCount(`fit: fields of term '${name}'`, points.fields);
};

/** Every term's points must suit a search. */
const assertSearchablePoints = (terms: readonly ObjectiveTerm[], { kind, needsFixedPoints }: SearchOptimizer): void => {
  for (const { name, points } of terms.filter(isPointTerm)) {
    if (readsLosses(points))
      throw new TypeError(
        `fit: the points of term '${name}' observe losses, which ${kind} does not support: it evaluates them several times per step`,
      );
    if (needsFixedPoints && !points.fixed)
      throw new TypeError(
        `fit: the points of term '${name}' must be fixed with ${kind}, which compares losses and gradients of different steps, got points that are drawn anew in each step. Give it all points, e.g. by pointSet, or use adam`,
      );
  }
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

/** The options of `fit` other than `steps`. */
export const fitOptionNames = {
  optimizer: 1,
  schedule: 1,
  groups: 1,
  project: 1,
  until: 1,
  adapt: 1,
  seed: 1,
  chunkSize: 1,
  clipNorm: 1,
  averageDecay: 1,
  keepBest: 1,
  reportEvery: 1,
  signal: 1,
  checkpoint: 1,
  divergence: 1,
  onChunk: 1,
} as const;

/**
 * @param optimizer the given optimizer, or the default
 * @throws RangeError, TypeError when an option or a term does not fit
 */
export const assertFitOptions = (
  model: Model,
  terms: readonly ObjectiveTerm[],
  optimizer: Optimizer,
  options: FitOptions,
): void => {
  assertOptions('fit', options, { ...fitOptionNames, steps: 1 });
  assertOptions('fit: divergence', options.divergence ?? {}, { spikeFactor: 1, firstFactor: 1, window: 1 });
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
  for (const [name, value] of Object.entries({ steps, chunkSize, reportEvery })) assertCount(`fit: ${name}`, value);
  assertThat(Number.isFinite(seed), 'seed', 'a finite number', seed);
  assertThat(isNumber(clipNorm) && clipNorm > 0, 'clipNorm', 'a positive number', clipNorm);
  assertThat(
    isNumber(averageDecay) && averageDecay >= 0 && averageDecay < 1,
    'averageDecay',
    'a number in [0, 1)',
    averageDecay,
  );
  if (bestDecayOf(options.keepBest) !== undefined) {
    const what = options.adapt ? 'adapt' : terms.find(({ weightSchedule }) => weightSchedule) && 'a weightSchedule';
    if (what)
      throw new TypeError(`fit: keepBest must be absent with ${what}: the losses of two steps are not comparable`);
  }
  if (checkpoint) assertCheckpoint(checkpoint);
  assertOptimizer(optimizer, model.layout, options);
  for (const group of groups) {
    assertOptions('fit: a group', group, { parameters: 1, optimizer: 1, schedule: 1, frozen: 1 });
    if (group.optimizer)
      assertOptimizer(group.optimizer, model.layout, {
        ...options,
        ...(group.schedule && { schedule: group.schedule }),
      });
  }
  assertGroups(model.layout, groups);
  assertTerms(model, terms);
  for (const { terms: heldOut = [] } of stopRulesOf(options)) for (const term of heldOut) assertPoints(model, term);
  if (isSearchOptimizer(optimizer)) assertSearchablePoints(terms, optimizer);
};
