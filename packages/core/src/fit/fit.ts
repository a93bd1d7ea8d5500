/** @file The fit loop: one for every kind of signal, supervision and backend. */
import { applyBackpressure } from '../backend/backpressure.ts';
import type { Model } from '../model.ts';
import { createRng } from '../random.ts';
import { adam } from './adam.ts';
import { type Adapter, mapState } from './adapt.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { DivergenceDetector, DivergenceError } from './divergence.ts';
import { assertOptions, type FitOptions, stopRulesOf } from './fit-options.ts';
import { ModelRun } from './model-run.ts';
import { defaultChunkSize, type StepDraw } from './objective.ts';
import { PointDataError } from './point-data.ts';
import { type FitProgress, progressOf } from './progress.ts';
import { assertResumable, decodeModelCheckpoint, describeChange, type ResumingRun } from './read-checkpoint.ts';
import { runEnvironment, runIdentity } from './run-facts.ts';
import { SourceMemories } from './source-memories.ts';
import { Stopping } from './stopping.ts';
import { type ObjectiveTerm, weightedSum } from './term.ts';
import { meansOf, type TermLoss } from './term-loss.ts';
import { isFiniteState } from './training-vectors.ts';

/** Lets timers, signals and painting have their turn. */
const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** Milliseconds of work between two pauses: few enough for a page to stay responsive. */
const PAUSE_EVERY = 30;
/** Seconds between checkpoints. */
const SAVE_EVERY = 30;

/** The checkpoint to go on from with its model; `undefined` when there is none. */
const openCheckpoint = async (
  model: Model,
  { checkpoint, adapt }: FitOptions,
  run: ResumingRun,
): Promise<ReturnType<typeof decodeModelCheckpoint> | undefined> => {
  const bytes = await checkpoint?.store.read();
  if (bytes === undefined) return undefined;
  const found = decodeModelCheckpoint(bytes, model, adapt && (description => adapt.restore(description)));
  assertResumable(found.checkpoint, run);
  return found;
};

/**
 * Fits a model, e.g. a field, to an objective. An asynchronous generator: it makes progress as it is iterated, and
 * reports every `reportEvery` steps and at the last one. When it reports and when it ends, also with an error, the
 * model has the newest parameters. With a checkpoint store that holds a checkpoint, it goes on from there, and ends
 * with the same bits as an unbroken run on the same backend with the same number of threads. A step is reported before
 * it is saved, so the reports of a run and its resumption lack no step; one may come twice.
 *
 * Terms that look at a batch of fields count as the sum over its fields, so each field learns as if it were alone;
 * losses are reported as their mean.
 *
 * Memory does not depend on the number of points: they are drawn, and gradients accumulated, in chunks.
 *
 * @throws RangeError, TypeError before any work when an option or a term does not fit; later when a source, a loss, a
 *   schedule or an optimizer returns what does not fit, after a checkpoint
 * @throws PointDataError before the first step when the points or targets of a fixed source are not finite; later when
 *   points that were drawn are not
 * @throws CheckpointError before any work when the checkpoint belongs to another run or is damaged, SafetensorsError or
 *   FieldFileError when it is no field or model
 * @throws DivergenceError when the loss is not finite or leaps up though the points are finite; the model then has the
 *   parameters of the last good report
 * @throws the reason of `signal` when it is aborted, after a checkpoint
 * @throws what `store.write` rejects with; the last checkpoint is then the one before
 */
export async function* fit(
  model: Model,
  terms: readonly ObjectiveTerm[],
  options: FitOptions,
): AsyncGenerator<FitProgress, void, undefined> {
  const { steps, optimizer = adam(), seed = 0, reportEvery = 1, averageDecay, signal, checkpoint, adapt } = options;
  assertOptions(model, terms, optimizer, options);
  const rules = stopRulesOf(options);
  const rng = createRng(seed);
  const chunkSize = options.chunkSize ?? defaultChunkSize(model, terms);
  const identity = runIdentity(terms, optimizer, { model, ...options });
  const environment = runEnvironment(chunkSize);
  const resumingRun = { identity, optimizer, averages: averageDecay !== undefined, steps };
  const found = await openCheckpoint(model, options, resumingRun);
  const resumed = found?.checkpoint;
  const change = resumed && describeChange(resumed, environment);
  if (change !== undefined) checkpoint?.onWarning?.(change);
  const memories = new SourceMemories(terms);
  if (resumed) memories.restore(resumed.sources);
  const stopping = new Stopping(rules, resumed?.until);
  const detector = new DivergenceDetector(options.divergence ?? {}, resumed?.history);
  const resumedFrom = resumed?.step ?? 0;
  const started = performance.now();
  let step = resumedFrom;
  /**
   * What the detector had seen after `step` updates, and what the sources of points kept; and at the last good ones.
   */
  let past = { history: detector.history, sources: memories.read() };
  let goodPast = past;
  let lastPause = started;
  let saved = { step: resumedFrom, time: started };
  let writeFailed = false;

  /** Lets others have their turn, and the caller end the fit. */
  const yieldToEventLoop = async (): Promise<void> => {
    if (performance.now() - lastPause > PAUSE_EVERY) {
      await pause();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
  };
  /** The same after work for the backend, which may have as much of it under way as it wants. */
  const yieldAfterWork = async (): Promise<void> => {
    const wait = applyBackpressure(signal);
    if (wait) await wait;
    await yieldToEventLoop();
  };
  const runOptions = { terms, optimizer, chunkSize, fit: options, yieldToEventLoop: yieldAfterWork };
  let run = new ModelRun(found?.model ?? model, runOptions, resumed);

  /** False where there are numbers that nobody could go on from; the checkpoint before is better than one of those. */
  const save = async (): Promise<boolean> => {
    if (checkpoint === undefined || step === saved.step) return true;
    const state = await run.vectors.read();
    if (!isFiniteState(state)) return false;
    const { store, metadata } = checkpoint;
    const until = stopping.state;
    try {
      const whole = { step, ...past, ...state, ...(until && { until }) };
      await writeCheckpoint(store, run.model, { identity, environment, metadata }, whole);
    } catch (error) {
      writeFailed = true;
      throw error;
    }
    saved = { step, time: performance.now() };
    return true;
  };
  /** What the points of a step follow from; 0 for the first. */
  const drawAt = (index: number): StepDraw => ({ rng: rng.fork(index), step: index + 1, steps });
  /** Goes back to the last good parameters and says whether the points or the fit itself are to blame. */
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
      const doubtful = function* (): Generator<StepDraw> {
        for (let index = step; index < bad.step; index++) yield drawAt(index);
      };
      const fault = await run.objective.findFault(terms, doubtful(), yieldToEventLoop);
      if (fault) throw new PointDataError(fault, { cause });
      if (beforeAnyUpdate) await run.vectors.assertFinite();
    }
    throw new DivergenceError({ ...bad, lastGoodStep: step, beforeAnyUpdate }, reason, { cause });
  };
  /** Asks whether the model is to change, and changes it. */
  const adaptTo = async (at: StepDraw, { change: changeOf }: Adapter): Promise<void> => {
    const { vectors, model: before } = run;
    const adaptation = await changeOf({ model: before, parameters: vectors.parameters }, at);
    if (adaptation === undefined) return;
    run.assign();
    const { model: next, map } = adaptation;
    assertOptions(next, terms, optimizer, options);
    const after = new ModelRun(
      next,
      runOptions,
      mapState({ step, ...past, ...(await vectors.read()) }, map, next.layout.size),
    );
    run.dispose();
    run = after;
    run.assign();
    await run.objective.prepare(terms, drawAt(step), yieldToEventLoop);
    run.vectors.remember(step);
    goodPast = past;
  };

  try {
    run.assign();
    run.vectors.remember(step);
    if (step < steps && stopping.reason === undefined)
      await run.objective.prepare(terms, drawAt(step), yieldToEventLoop);
    while (step < steps && stopping.reason === undefined) {
      const at = drawAt(step);
      const reports = at.step % reportEvery === 0 || at.step === steps;
      // The very first loss is what later ones are judged by, so it is read whether or not it is reported.
      const { termLosses, fault: seen } = await run.stepper.evaluate(at, reports || at.step === 1);
      const total = termLosses && weightedSum(terms, meansOf(termLosses), at);
      if (total !== undefined) {
        const fault = detector.judge(total) ?? seen;
        if (fault !== undefined) await fail({ step: at.step, loss: total }, fault);
        run.vectors.remember(step);
        goodPast = past;
      }
      const figures = await run.stepper.update(at, reports);
      step += 1;
      past = { history: detector.history, sources: memories.read() };
      // No later loss would show what the last update did, and no change should hide it.
      const isLast = step === steps;
      if ((isLast || adapt) && !(await run.vectors.areFinite()))
        await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      if (adapt && !isLast) await adaptTo(at, adapt);
      let report: FitProgress | undefined;
      if (reports) {
        run.assign();
        const seconds = (performance.now() - started) / 1000;
        const progress = { step, steps, loss: total as number, ...figures, resumedFrom, seconds, model: run.model };
        report = progressOf(terms, termLosses as readonly TermLoss[], progress);
        await stopping.judge(report, async term =>
          run.objective.lossOf(term, run.vectors.reported, drawAt(0), yieldToEventLoop),
        );
      }
      const { reason } = stopping;
      const due =
        isLast ||
        reason !== undefined ||
        performance.now() - saved.time >= 1000 * (checkpoint?.everySeconds ?? SAVE_EVERY) ||
        step % (checkpoint?.everySteps ?? Number.POSITIVE_INFINITY) === 0;
      try {
        if (report) yield reason === undefined ? report : { ...report, stopped: reason };
      } finally {
        // Also when the caller has had enough.
        if (due && !(await save())) await fail({ step, loss: Number.NaN }, 'the parameters are not finite');
      }
    }
  } catch (error) {
    const restored = error instanceof DivergenceError || error instanceof PointDataError;
    try {
      if (!restored) run.assign();
      if (!restored && !writeFailed) await save();
    } catch (failure) {
      // A fit that was stopped was promised to be saved; otherwise what went wrong first is what there is to say.
      if (signal?.aborted) throw failure;
    }
    throw error;
  } finally {
    run.dispose();
  }
}
