/** @file The fit loop: one for every kind of signal, supervision and backend. */
import { keepPace } from '../backend/paced-backend.ts';
import type { Field } from '../field.ts';
import { createRng } from '../random.ts';
import { parameterShapes } from '../spec/spec.ts';
import { adam } from './adam.ts';
import { type CheckpointStore, type RunIdentity, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { DivergenceDetector, DivergenceError, type DivergenceOptions } from './divergence.ts';
import { GradientStepper } from './gradient-stepper.ts';
import { defaultChunkSize, Objective } from './objective.ts';
import { isSearchOptimizer, type Optimizer } from './optimizer.ts';
import { type FitProgress, progressOf } from './progress.ts';
import { constant, type Schedule } from './schedule.ts';
import { SearchStepper } from './search-stepper.ts';
import type { Term } from './term.ts';
import { TrainingVectors } from './training-vectors.ts';

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Seconds between checkpoints; 30 if absent. */
  readonly everySeconds?: number;
  /** Steps between checkpoints, beside the seconds; none if absent. */
  readonly everySteps?: number;
  /** What is fitted, e.g. the hash of a file: a checkpoint with other entries is refused. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Free text by key that is kept in the checkpoint's file, e.g. what the field stands for. The key `fit` is the run's own. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The options of {@link fit}. */
export interface FitOptions {
  /** How many updates in all, those of a resumed run included. */
  readonly steps: number;
  /** `adam()` if absent: learning rate 1e-4. `lbfgs()` needs fewer steps, of several evaluations each, where all points are in each. */
  readonly optimizer?: Optimizer;
  /** A factor on the learning rate; constant if absent. Not with an optimizer that searches, as `lbfgs`. */
  readonly schedule?: Schedule;
  /** The seed of the points that are drawn; 0 if absent. */
  readonly seed?: number;
  /** Points per chunk. If absent, as many as keep a step near 128 MiB of activations. It changes results by rounding only. */
  readonly chunkSize?: number;
  /** The largest Euclidean norm of the whole gradient; a longer one is shortened to it. No limit if absent. Not with an optimizer that searches. */
  readonly clipNorm?: number;
  /** The decay of an exponential moving average of the parameters, e.g. 0.999. The field then holds the average; the fit goes on from its own. */
  readonly averageDecay?: number;
  /** Steps between reports; 1 if absent. A report reads the losses from the device, which costs time on a GPU. */
  readonly reportEvery?: number;
  /** Stops the fit, between two chunks, with the signal's reason as the error. A checkpoint is written first. */
  readonly signal?: AbortSignal;
  readonly checkpoint?: CheckpointOptions;
  /** What counts as divergence. */
  readonly divergence?: DivergenceOptions;
}

const assertPositiveInteger = (name: string, value: number): void => {
  if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`fit: ${name} must be a positive integer, got ${value}`);
};

const assertOptions = (field: Field, terms: readonly Term[], options: FitOptions): void => {
  const { steps, chunkSize = 1, reportEvery = 1, clipNorm = 1, averageDecay = 0, checkpoint } = options;
  if (terms.length === 0) throw new RangeError('fit: needs at least one term, got none');
  for (const [name, value] of Object.entries({ steps, chunkSize, reportEvery })) assertPositiveInteger(name, value);
  if (checkpoint?.everySteps !== undefined) assertPositiveInteger('checkpoint.everySteps', checkpoint.everySteps);
  if (!(clipNorm > 0)) throw new RangeError(`fit: clipNorm must be a positive number, got ${clipNorm}`);
  if (!(averageDecay >= 0 && averageDecay < 1))
    throw new RangeError(`fit: averageDecay must be a number in [0, 1), got ${averageDecay}`);
  if (options.optimizer && isSearchOptimizer(options.optimizer))
    for (const name of ['schedule', 'clipNorm'] as const)
      if (options[name] !== undefined)
        throw new TypeError(
          `fit: ${name} must be absent with ${options.optimizer.kind}, which finds the length of its steps itself`,
        );
  const names = new Set<string>();
  for (const { name, points } of terms) {
    if (names.has(name)) throw new RangeError(`fit: the terms must have different names, got '${name}' twice`);
    names.add(name);
    if (points.inFeatures !== field.inFeatures)
      throw new RangeError(
        `fit: the points of term '${name}' must have ${field.inFeatures} coordinates as the field has, got ${points.inFeatures}`,
      );
    assertPositiveInteger(`pointsPerStep of term '${name}'`, points.pointsPerStep);
  }
};

/** Lets timers, signals and painting have their turn. */
const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** Milliseconds of work between two pauses: few enough for a page to stay responsive. */
const PAUSE_EVERY = 30;

const describeRun = (terms: readonly Term[], optimizer: Optimizer, schedule: Schedule, options: FitOptions): RunIdentity => ({
  optimizer: JSON.stringify({ kind: optimizer.kind, ...optimizer.settings }),
  schedule: schedule.describe(options.steps),
  seed: String(options.seed ?? 0),
  clipNorm: String(options.clipNorm ?? 'none'),
  averageDecay: String(options.averageDecay ?? 'none'),
  terms: JSON.stringify(
    terms.map(({ name, weight, derivatives, points }) => ({ name, weight, derivatives, points: points.pointsPerStep })),
  ),
  ...options.checkpoint?.identity,
});

/**
 * Fits a field to an objective. An asynchronous generator: it makes progress as it is iterated, and reports every `reportEvery` steps and at the
 * last one. When it reports and when it ends, the field has the newest parameters. With a checkpoint store that holds a checkpoint, it
 * goes on from there, and ends with the same bits as an unbroken run on the same backend.
 *
 * Memory does not depend on the number of points: they are drawn, and gradients accumulated, in chunks.
 *
 * @throws RangeError before any work when an option or a term does not fit
 * @throws TypeError before any work when a schedule or `clipNorm` comes with an optimizer that searches
 * @throws CheckpointError before any work when the checkpoint belongs to another run
 * @throws DivergenceError when the loss is not finite or leaps up; the field then has the parameters of the last good report
 * @throws the reason of `signal` when it is aborted, after a checkpoint
 */
export async function* fit(
  field: Field,
  terms: readonly Term[],
  options: FitOptions,
): AsyncGenerator<FitProgress, void, undefined> {
  assertOptions(field, terms, options);
  const {
    steps,
    optimizer = adam(),
    schedule = constant(),
    seed = 0,
    reportEvery = 1,
    clipNorm,
    averageDecay,
    signal,
    checkpoint,
  } = options;
  const rng = createRng(seed);
  const identity = describeRun(terms, optimizer, schedule, options);
  const resumed = checkpoint && (await readCheckpoint(checkpoint.store, field, identity));
  const shapes = parameterShapes(field.spec, field.extensions);
  const objective = new Objective(field, shapes, options.chunkSize ?? defaultChunkSize(field, terms));
  const detector = new DivergenceDetector(options.divergence ?? {}, resumed?.history);
  const vectors = new TrainingVectors(field, shapes, optimizer, {
    average: averageDecay !== undefined,
    ...(resumed && { resumed }),
  });
  const resumedFrom = resumed?.step ?? 0;
  const started = performance.now();
  let step = resumedFrom;
  let lastPause = started;
  let saved = { step: resumedFrom, time: started };

  const save = async (): Promise<void> => {
    if (checkpoint === undefined || step === saved.step) return;
    const run = { identity, metadata: checkpoint.metadata };
    await writeCheckpoint(checkpoint.store, field, run, { step, history: detector.history, ...(await vectors.read()) });
    saved = { step, time: performance.now() };
  };
  const fail = async (badStep: number, loss: number, reason: string): Promise<never> => {
    step = vectors.restore();
    vectors.assign(field);
    await save();
    throw new DivergenceError(badStep, loss, step, reason);
  };
  const breathe = async (): Promise<void> => {
    if (performance.now() - lastPause > PAUSE_EVERY) {
      await pause();
      lastPause = performance.now();
    }
    const wait = keepPace(signal);
    if (wait) await wait;
    signal?.throwIfAborted();
  };

  const shared = { objective, terms, vectors, averageDecay, breathe };
  const stepper = isSearchOptimizer(optimizer)
    ? new SearchStepper(optimizer, shared)
    : new GradientStepper(optimizer, { ...shared, schedule, clipNorm });

  try {
    vectors.assign(field);
    vectors.remember(step);
    while (step < steps) {
      const at = { rng: rng.fork(step), step: step + 1, steps };
      const reports = at.step % reportEvery === 0 || at.step === steps;
      // The very first loss is what later ones are judged by, so it is read whether or not it is reported.
      const { termLosses, fault: found } = await stepper.look(at, reports || at.step === 1);
      const total = termLosses && terms.reduce((sum, { weight }, index) => sum + weight * (termLosses[index] as number), 0);
      if (total !== undefined) {
        const fault = detector.judge(total) ?? found;
        if (fault !== undefined) await fail(at.step, total, fault);
        vectors.remember(step);
      }
      const figures = await stepper.move(at, reports);
      step += 1;
      // No later loss would show what the last update did.
      if (step === steps && !(await vectors.areFinite())) await fail(step, total as number, 'the parameters are not finite');
      const due =
        performance.now() - saved.time >= 1000 * (checkpoint?.everySeconds ?? 30) ||
        step % (checkpoint?.everySteps ?? Number.POSITIVE_INFINITY) === 0;
      try {
        if (!reports) continue;
        vectors.assign(field);
        yield progressOf(terms, termLosses as readonly number[], {
          step,
          steps,
          loss: total as number,
          ...figures,
          resumedFrom,
          seconds: (performance.now() - started) / 1000,
        });
      } finally {
        // After the report: who keeps what is reported has all of it up to the checkpoint, wherever a run is killed.
        if (due || step === steps) await save();
      }
    }
  } catch (error) {
    if (signal?.aborted) {
      vectors.assign(field);
      await save();
    }
    throw error;
  } finally {
    stepper.dispose();
    vectors.dispose();
    objective.dispose();
  }
}
