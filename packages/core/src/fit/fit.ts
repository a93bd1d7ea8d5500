/** @file The fit loop: one for every kind of signal, supervision and backend. */
import { keepPace } from '../backend/paced-backend.ts';
import type { Field } from '../field.ts';
import { createRng } from '../random.ts';
import { adam } from './adam.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { DivergenceDetector, DivergenceError } from './divergence.ts';
import { assertOptions, type FitOptions } from './fit-options.ts';
import { GradientStepper } from './gradient-stepper.ts';
import { defaultChunkSize, Objective, type StepDraw } from './objective.ts';
import { isSearchOptimizer } from './optimizer.ts';
import { groupedOptimizer } from './parameter-groups.ts';
import { PointDataError } from './point-data.ts';
import { type FitProgress, progressOf } from './progress.ts';
import { assertResumable, type Checkpoint, decodeCheckpoint, describeChange, type ResumingRun } from './read-checkpoint.ts';
import { runEnvironment, runIdentity } from './run-facts.ts';
import { constant } from './schedule.ts';
import { SearchStepper } from './search-stepper.ts';
import { type Term, weightedSum } from './term.ts';
import { isFiniteState, TrainingVectors } from './training-vectors.ts';

/** Lets timers, signals and painting have their turn. */
const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** Milliseconds of work between two pauses: few enough for a page to stay responsive. */
const PAUSE_EVERY = 30;
/** Seconds between checkpoints. */
const SAVE_EVERY = 30;

/** The checkpoint to go on from; `undefined` when there is none. */
const openCheckpoint = async (
  field: Field,
  { checkpoint }: FitOptions,
  run: ResumingRun,
  environment: Checkpoint['identity'],
): Promise<Checkpoint | undefined> => {
  const bytes = await checkpoint?.store.read();
  if (bytes === undefined) return undefined;
  const found = decodeCheckpoint(bytes, field.extensions);
  assertResumable(found, field, run);
  const change = describeChange(found, environment);
  if (change !== undefined) checkpoint?.onWarning?.(change);
  return found;
};

/**
 * Fits a field to an objective. An asynchronous generator: it makes progress as it is iterated, and reports every `reportEvery` steps and at the
 * last one. When it reports and when it ends, also with an error, the field has the newest parameters. With a checkpoint store that holds a
 * checkpoint, it goes on from there, and ends with the same bits as an unbroken run on the same backend with the same number of threads. A step is
 * reported before it is saved, so the reports of a run and its resumption lack no step; one may come twice.
 *
 * Memory does not depend on the number of points: they are drawn, and gradients accumulated, in chunks.
 *
 * @throws RangeError, TypeError before any work when an option or a term does not fit; later when a source, a loss, a schedule or an optimizer returns
 *   what does not fit, after a checkpoint
 * @throws PointDataError before the first step when the points or targets of a fixed source are not finite; later when points that were drawn are not
 * @throws CheckpointError before any work when the checkpoint belongs to another run or is damaged, SafetensorsError or FieldFileError when it is no
 *   field
 * @throws DivergenceError when the loss is not finite or leaps up though the points are finite; the field then has the parameters of the last good report
 * @throws the reason of `signal` when it is aborted, after a checkpoint
 * @throws what `store.write` rejects with; the last checkpoint is then the one before
 */
export async function* fit(
  field: Field,
  terms: readonly Term[],
  options: FitOptions,
): AsyncGenerator<FitProgress, void, undefined> {
  const {
    steps,
    optimizer: wanted = adam(),
    schedule = constant(),
    groups,
    project,
    seed = 0,
    reportEvery = 1,
    clipNorm,
    averageDecay,
    signal,
    checkpoint,
  } = options;
  assertOptions(field, terms, wanted, options);
  const grouped =
    groups && !isSearchOptimizer(wanted)
      ? groupedOptimizer(wanted, groups, { layout: field.layout, schedule, steps })
      : undefined;
  const optimizer = grouped ?? wanted;
  const rng = createRng(seed);
  const chunkSize = options.chunkSize ?? defaultChunkSize(field, terms);
  const identity = runIdentity(terms, optimizer, schedule, options);
  const environment = runEnvironment(chunkSize);
  const averages = averageDecay !== undefined;
  const resumed = await openCheckpoint(field, options, { identity, optimizer, averages, steps }, environment);
  const objective = new Objective(field, chunkSize);
  const detector = new DivergenceDetector(options.divergence ?? {}, resumed?.history);
  const vectors = new TrainingVectors(field, optimizer, {
    average: averages,
    ...(resumed && { resumed }),
    ...(project && { project }),
  });
  const resumedFrom = resumed?.step ?? 0;
  const started = performance.now();
  let step = resumedFrom;
  /** What the detector had seen after `step` updates, and at the last good ones. */
  let history = detector.history;
  let goodHistory = history;
  let lastPause = started;
  let saved = { step: resumedFrom, time: started };
  let writeFailed = false;

  /** False where there are numbers that nobody could go on from; the checkpoint before is better than one of those. */
  const save = async (): Promise<boolean> => {
    if (checkpoint === undefined || step === saved.step) return true;
    const state = await vectors.read();
    if (!isFiniteState(state)) return false;
    const { store, metadata } = checkpoint;
    try {
      await writeCheckpoint(store, field, { identity, environment, metadata }, { step, history, ...state });
    } catch (error) {
      writeFailed = true;
      throw error;
    }
    saved = { step, time: performance.now() };
    return true;
  };
  /** What the points of a step follow from; 0 for the first. */
  const drawAt = (index: number): StepDraw => ({ rng: rng.fork(index), step: index + 1, steps });
  /** Lets others have their turn, and the caller end the fit. */
  const breathe = async (): Promise<void> => {
    if (performance.now() - lastPause > PAUSE_EVERY) {
      await pause();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
  };
  /** The same after work for the backend, which may have as much of it under way as it wants. */
  const breatheAfterWork = async (): Promise<void> => {
    const wait = keepPace(signal);
    if (wait) await wait;
    await breathe();
  };
  /** Goes back to the last good parameters and says whether the points or the fit itself are to blame. */
  const fail = async (bad: { readonly step: number; readonly loss: number }, reason: string): Promise<never> => {
    const beforeAnyUpdate = step === 0;
    step = vectors.restore();
    history = goodHistory;
    vectors.assign(field);
    const cause = await save().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!Number.isFinite(bad.loss)) {
      const doubtful = function* (): Generator<StepDraw> {
        for (let index = step; index < bad.step; index++) yield drawAt(index);
      };
      const fault = await objective.findFault(terms, doubtful(), breathe);
      if (fault) throw new PointDataError(fault, { cause });
      if (beforeAnyUpdate) await vectors.assertFinite();
    }
    throw new DivergenceError({ ...bad, lastGoodStep: step, beforeAnyUpdate }, reason, { cause });
  };

  const shared = { objective, terms, vectors, averageDecay, breathe: breatheAfterWork };
  const stepper = isSearchOptimizer(optimizer)
    ? new SearchStepper(optimizer, shared)
    : new GradientStepper(optimizer, { ...shared, schedule, clipNorm, withoutFrozen: grouped?.withoutFrozen });

  try {
    vectors.assign(field);
    vectors.remember(step);
    if (step < steps) await objective.prepare(terms, drawAt(step), breathe);
    while (step < steps) {
      const at = drawAt(step);
      const reports = at.step % reportEvery === 0 || at.step === steps;
      // The very first loss is what later ones are judged by, so it is read whether or not it is reported.
      const { termLosses, fault: found } = await stepper.look(at, reports || at.step === 1);
      const total = termLosses && weightedSum(terms, termLosses, at);
      if (total !== undefined) {
        const fault = detector.judge(total) ?? found;
        if (fault !== undefined) await fail({ step: at.step, loss: total }, fault);
        vectors.remember(step);
        goodHistory = history;
      }
      const figures = await stepper.move(at, reports);
      step += 1;
      history = detector.history;
      // No later loss would show what the last update did.
      if (step === steps && !(await vectors.areFinite())) await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      const due =
        step === steps ||
        performance.now() - saved.time >= 1000 * (checkpoint?.everySeconds ?? SAVE_EVERY) ||
        step % (checkpoint?.everySteps ?? Number.POSITIVE_INFINITY) === 0;
      try {
        if (reports) {
          vectors.assign(field);
          const seconds = (performance.now() - started) / 1000;
          const report = { step, steps, loss: total as number, ...figures, resumedFrom, seconds };
          yield progressOf(terms, termLosses as readonly number[], report);
        }
      } finally {
        // Also when the caller has had enough.
        if (due && !(await save())) await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      }
    }
  } catch (error) {
    const restored = error instanceof DivergenceError || error instanceof PointDataError;
    try {
      if (!restored) vectors.assign(field);
      if (!restored && !writeFailed) await save();
    } catch (failure) {
      // A fit that was stopped was promised to be saved; otherwise what went wrong first is what there is to say.
      if (signal?.aborted) throw failure;
    }
    throw error;
  } finally {
    stepper.dispose();
    vectors.dispose();
    objective.dispose();
  }
}
