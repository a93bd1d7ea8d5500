/** @file The fit loop, for every kind of signal, supervision and backend. */
import { applyBackpressure } from '../backend/backpressure.ts';
import type { Model, ModelDescription } from '../model.ts';
import type { ParameterLayout } from '../params/layout.ts';
import { createRng } from '../random.ts';
import { adam } from './adam.ts';
import { type Adapter, mapState } from './adapt.ts';
import { BestState, bestDecayOf } from './best-state.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { DivergenceDetector, DivergenceError } from './divergence.ts';
import { assertFitOptions, type FitOptions, stopRulesOf } from './fit-options.ts';
import { type ModelRun, startModelRun } from './model-run.ts';
import { defaultChunkSize, type StepDraw } from './objective.ts';
import { isSearchOptimizer } from './optimizer.ts';
import { optimizerFor } from './parameter-groups.ts';
import { PointDataError } from './point-data.ts';
import { type FitProgress, progressOf } from './progress.ts';
import {
  assertResumable,
  type CheckpointedModel,
  describeChange,
  type ResumingRun,
  readModelCheckpoint,
  withModel,
} from './read-checkpoint.ts';
import { runEnvironment, runIdentity } from './run-facts.ts';
import { constant } from './schedule.ts';
import { SourceStateStore } from './source-states.ts';
import { Stopping } from './stopping.ts';
import { type ObjectiveTerm, weightedSum } from './term.ts';
import { meansOf, type TermLoss } from './term-loss.ts';
import { isFiniteState } from './training-vectors.ts';

/** Yields to the event loop, for timers, signals and rendering. */
const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** Milliseconds of work between two yields: few enough for a page to stay responsive. */
const YIELD_EVERY_MS = 30;
/** The default number of seconds between checkpoints. */
const SAVE_EVERY_SECONDS = 30;

/** The checkpoint to resume from, with its model; `undefined` when there is none. */
const openCheckpoint = async (
  model: Model,
  { checkpoint, adapt }: FitOptions,
  runFor: (layout: ParameterLayout) => ResumingRun,
): Promise<CheckpointedModel | undefined> => {
  if (checkpoint === undefined) return undefined;
  const { store, resume } = checkpoint;
  const bytes = resume ? undefined : await store.read();
  const restore = adapt && ((description: ModelDescription) => adapt.restore(description));
  const found = resume ? withModel(resume, model, restore) : bytes && readModelCheckpoint(bytes, model, restore);
  if (found === undefined) return undefined;
  assertResumable(found.checkpoint, runFor(found.model.layout));
  return found;
};

/**
 * Fits a model, e.g. a field, to an objective. An asynchronous generator: it advances as it is iterated, and reports
 * every `reportEvery` steps and at the last one. When it reports and when it ends, even with an error, the model has
 * the latest parameters. If the checkpoint store has a checkpoint, the fit resumes from it, and ends with the same bits
 * as an uninterrupted run on the same backend with the same number of threads. A step is reported before it is saved,
 * so the reports of a run and its resumption miss no step; one may be repeated.
 *
 * The loss of a term on a batch of fields is the sum over the fields, so each field is trained as if it were alone; the
 * mean is reported.
 *
 * Memory does not depend on the number of points: points are drawn, and gradients accumulated, in chunks.
 *
 * Leaving the loop with `break` writes a checkpoint too, and so does the iterator's `return()`. While a fit runs, its
 * model belongs to it: a second fit is refused, and so is disposing of it. An iterator that is abandoned early, without
 * `return()`, frees its model and its memory when it is garbage collected, without a checkpoint.
 *
 * @throws RangeError, TypeError before any work when an option or a term is invalid, or the model was disposed; later,
 *   after a checkpoint, when a source, a loss, a schedule or an optimizer returns an invalid result
 * @throws Error when another fit trains the model
 * @throws PointDataError before the first step when the points or targets of a fixed source are not finite; later when
 *   points that were drawn are not
 * @throws CheckpointError before any work when the checkpoint belongs to another run or is damaged, SafetensorsError or
 *   FieldFileError when it is not a field or model
 * @throws DivergenceError when the loss is not finite or jumps although the points are finite; the model then has the
 *   parameters of the last good report
 * @throws the reason of `signal` when it is aborted, after writing a checkpoint
 * @throws what `store.write` rejects with; the previous checkpoint then remains
 */
export function fit(
  model: Model,
  terms: readonly ObjectiveTerm[],
  options: FitOptions,
): AsyncGenerator<FitProgress, void, undefined> {
  const held: HeldRun = { run: undefined, best: undefined };
  const iterator = runFit(model, terms, options, held);
  abandoned.register(iterator, held);
  return iterator;
}

/** What a running fit holds. It has no reference to the fit's iterator, which could not be collected otherwise. */
interface HeldRun {
  run: ModelRun | undefined;
  best: BestState | undefined;
}

/** Frees what the fit of a collected iterator held. */
const abandoned = new FinalizationRegistry<HeldRun>(({ run, best }) => {
  run?.dispose();
  best?.dispose();
});

async function* runFit(
  model: Model,
  terms: readonly ObjectiveTerm[],
  options: FitOptions,
  held: HeldRun,
): AsyncGenerator<FitProgress, void, undefined> {
  const { steps, optimizer = adam(), seed = 0, reportEvery = 1, averageDecay, signal, checkpoint, adapt } = options;
  assertFitOptions(model, terms, optimizer, options);
  const rules = stopRulesOf(options);
  const rng = createRng(seed);
  const chunkSize = options.chunkSize ?? defaultChunkSize(model, terms);
  const bestDecay = bestDecayOf(options.keepBest);
  const identity = runIdentity(terms, optimizer, { model, ...options });
  const environment = runEnvironment(chunkSize);
  const found = await openCheckpoint(model, options, layout => ({
    identity,
    optimizer: optimizerFor(optimizer, options.groups ?? [], {
      layout,
      schedule: options.schedule ?? constant(),
      steps,
    }),
    averages: averageDecay !== undefined,
    keepsBest: bestDecay !== undefined,
    steps,
  }));
  const resumed = found?.checkpoint;
  const change = resumed && describeChange(resumed, environment);
  if (change !== undefined) checkpoint?.onWarning?.(change);
  const sourceStates = new SourceStateStore(terms);
  if (resumed) sourceStates.restore(resumed.sources);
  const stopping = new Stopping(rules, resumed?.until);
  const detector = new DivergenceDetector(options.divergence ?? {}, resumed?.history);
  const resumedFrom = resumed?.step ?? 0;
  const started = performance.now();
  let step = resumedFrom;
  /** The history of the detector and the states of point sources after `step` updates, and after the last good step. */
  let past = { history: detector.history, sources: sourceStates.read() };
  let goodPast = past;
  let lastYield = started;
  let saved = { step: resumedFrom, time: started };
  let writeFailed = false;

  /** Yields to the event loop now and then, and checks the abort signal. */
  const yieldToEventLoop = async (): Promise<void> => {
    if (performance.now() - lastYield > YIELD_EVERY_MS) {
      await nextTask();
      lastYield = performance.now();
    }
    signal?.throwIfAborted();
  };
  /** Applies the backpressure of the backend after work was submitted, then does the same. */
  const yieldAfterWork = async (): Promise<void> => {
    const wait = applyBackpressure(signal);
    if (wait) await wait;
    await yieldToEventLoop();
  };
  const runOptions = { terms, optimizer, chunkSize, fit: options, yieldToEventLoop: yieldAfterWork };
  let run = startModelRun(found?.model ?? model, runOptions, resumed);
  held.run = run;
  const best = bestDecay === undefined ? undefined : new BestState(bestDecay, resumed?.best);
  held.best = best;

  /** Writes a checkpoint. Returns false, and keeps the previous checkpoint, where the state is not finite. */
  const save = async (): Promise<boolean> => {
    if (checkpoint === undefined || step === saved.step) return true;
    const state = await run.vectors.read();
    if (!isFiniteState(state)) return false;
    const { store, metadata } = checkpoint;
    const until = stopping.state;
    try {
      const kept = await best?.read();
      const whole = { step, ...past, ...state, ...(until && { until }), ...(kept && { best: kept }) };
      await writeCheckpoint(store, run.model, { identity, environment, metadata, steps }, whole);
    } catch (error) {
      writeFailed = true;
      throw error;
    }
    saved = { step, time: performance.now() };
    return true;
  };
  const hasEnded = (): boolean => step >= steps || stopping.reason !== undefined;
  /** Gives the model the latest parameters, and at the end of the fit the best ones if they are kept. */
  const assign = (): void => run.assign(hasEnded() ? best?.earlier?.parameters : undefined);
  /** The random state and position of a step; `index` is 0 for the first. */
  const drawAt = (index: number): StepDraw => ({ rng: rng.fork(index), step: index + 1, steps });
  /**
   * Restores the last good parameters, and throws an error that says whether the points or the fit itself are the
   * cause.
   */
  const fail = async (bad: { readonly step: number; readonly loss: number }, reason: string): Promise<never> => {
    const beforeAnyUpdate = step === 0;
    step = run.vectors.restore();
    past = goodPast;
    run.assign();
    const cause = await save().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!Number.isFinite(bad.loss)) {
      const suspectSteps = function* (): Generator<StepDraw> {
        for (let index = step; index < bad.step; index++) yield drawAt(index);
      };
      const fault = await run.objective.findFault(terms, suspectSteps(), yieldToEventLoop);
      if (fault) throw new PointDataError(fault, { cause });
      if (beforeAnyUpdate) await run.vectors.assertFinite();
    }
    throw new DivergenceError({ ...bad, lastGoodStep: step, beforeAnyUpdate }, reason, { cause });
  };
  /** Calls the adapter, and changes the model if it says so. */
  const adaptTo = async (at: StepDraw, { change: changeOf }: Adapter): Promise<void> => {
    const { vectors, model: before } = run;
    const adaptation = await changeOf({ model: before, parameters: vectors.parameters }, at);
    if (adaptation === undefined) return;
    run.assign();
    const { model: next, map } = adaptation;
    assertFitOptions(next, terms, optimizer, options);
    const restarts = isSearchOptimizer(optimizer) || optimizer.restart !== undefined;
    const state = mapState({ step, ...past, ...(await vectors.read()) }, map, { size: next.layout.size, restarts });
    run.release(); // the next model may have some of the same variables
    const after = startModelRun(next, runOptions, state);
    run.dispose();
    run = after;
    held.run = run;
    run.assign();
    await run.objective.prepare(terms, drawAt(step), yieldToEventLoop);
    run.vectors.remember(step);
    goodPast = past;
  };

  try {
    assign();
    run.vectors.remember(step);
    if (!hasEnded()) await run.objective.prepare(terms, drawAt(step), yieldToEventLoop);
    while (!hasEnded()) {
      const at = drawAt(step);
      const reports = at.step % reportEvery === 0 || at.step === steps;
      // Later losses are compared with the first one, so it is read whether or not it is reported.
      const { termLosses, fault: seen } = await run.stepper.evaluate(at, reports || at.step === 1);
      const total = termLosses && weightedSum(terms, meansOf(termLosses), at);
      if (total !== undefined) {
        const fault = detector.check(total) ?? seen;
        if (fault !== undefined) await fail({ step: at.step, loss: total }, fault);
        run.vectors.remember(step);
        goodPast = past;
        best?.observe(at.step, total, run.vectors.reported);
      }
      const figures = await run.stepper.update(at, reports);
      step += 1;
      past = { history: detector.history, sources: sourceStates.read() };
      // No later loss would reveal a bad last update, and no change of the model should hide one.
      const isLast = step === steps;
      if ((isLast || adapt) && !(await run.vectors.areFinite()))
        await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      if (adapt && !isLast) await adaptTo(at, adapt);
      let report: FitProgress | undefined;
      if (reports) {
        assign();
        const seconds = (performance.now() - started) / 1000;
        const progress = { step, steps, loss: total as number, ...figures, resumedFrom, seconds, model: run.model };
        report = progressOf(terms, termLosses as readonly TermLoss[], progress);
        await stopping.judge(report, async term =>
          run.objective.lossOf(term, run.vectors.reported, drawAt(0), yieldToEventLoop),
        );
        if (stopping.isReached) best?.choose(step, run.vectors.reported);
        if (hasEnded() && best?.earlier) {
          assign();
          report = { ...report, kept: best.earlier.step };
        }
      }
      const { reason } = stopping;
      const due =
        isLast ||
        reason !== undefined ||
        performance.now() - saved.time >= 1000 * (checkpoint?.everySeconds ?? SAVE_EVERY_SECONDS) ||
        step % (checkpoint?.everySteps ?? Number.POSITIVE_INFINITY) === 0;
      // Also saved when the caller leaves the loop early.
      let left = report !== undefined;
      try {
        if (report) yield reason === undefined ? report : { ...report, stopped: reason };
        left = false;
      } finally {
        if ((due || left) && !(await save())) await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      }
    }
  } catch (error) {
    const restored = error instanceof DivergenceError || error instanceof PointDataError;
    try {
      if (!restored) assign();
      if (!restored && !writeFailed) await save();
    } catch (failure) {
      // An aborted fit promises a checkpoint, so its failure matters; otherwise the first error is the one to report.
      if (signal?.aborted) throw failure;
    }
    throw error;
  } finally {
    held.run = undefined;
    held.best = undefined;
    run.dispose();
    best?.dispose();
  }
}
