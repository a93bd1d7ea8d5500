/** @file One fit of an experiment: resumed from its checkpoint, saved during the run, kept when it finishes. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createProgress, describeError, explainedWithin, InputError } from '@neural-fields/app-kit';
import {
  afterCurve,
  type DrivenFit,
  driveFit,
  isCheckpointProblem,
  openCurve,
  readCurve,
  type TrainingCurve,
  tolerantStore,
} from '@neural-fields/app-kit/fitting';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import {
  DivergenceError,
  decodeModelCheckpoint,
  type FitProgress,
  fit,
  type ModelCheckpoint,
} from '@neural-fields/core';
import type { CurvePoint, FitPlan, FittedModel, TrainedModel } from './experiment.ts';
import { readFinishedFit, writeFinishedFit } from './finished-fit.ts';
import { curveFileOf, type FitContext, filesOf, newModel, optionsOf } from './fit-files.ts';
import { type FitIdentity, fitIdentity } from './fit-identity.ts';
import { assignParameters } from './model-files.ts';
import { runTraining } from './run-training.ts';

/** How often a fit that diverges may resume with half the learning rate. Its result records each recovery. */
const RECOVERIES = 2;

/** The state of a fit before it runs. */
export type FitState<M extends TrainedModel> =
  | { readonly kind: 'finished'; readonly fitted: FittedModel<M> }
  | {
      readonly kind: 'open';
      readonly identity: FitIdentity;
      /** The checkpoint to resume from; `undefined` for a fit that has not started. */
      readonly resume: ModelCheckpoint | undefined;
    };

const damaged = (path: string, error: unknown): InputError => {
  const explanation = explainedWithin(`cannot resume from '${path}'`, error);
  return new InputError({ ...explanation, hint: '--restart deletes it and starts again' }, { cause: error });
};

/** The checkpoint of a fit; `undefined` when there is none. @throws InputError when it cannot be read */
const readCheckpoint = async (
  path: string,
  plan: FitPlan<TrainedModel>,
  { output }: FitContext,
): Promise<ModelCheckpoint | undefined> => {
  const bytes = await tolerantStore(path, output).store.read();
  if (bytes === undefined) return undefined;
  const model = newModel(plan);
  try {
    return decodeModelCheckpoint(bytes, model);
  } catch (error) {
    throw damaged(path, error);
  } finally {
    model.dispose();
  }
};

/**
 * Reads the saved state of a fit.
 *
 * @throws InputError when its files belong to another run, or are damaged
 */
export const openFit = async <M extends TrainedModel>(plan: FitPlan<M>, context: FitContext): Promise<FitState<M>> => {
  const files = filesOf(context.folder, plan.name);
  const identity = fitIdentity(plan, context.backend);
  const finished = await readFinishedFit(files.model, plan, identity);
  if (finished === undefined)
    return { kind: 'open', identity, resume: await readCheckpoint(files.checkpoint, plan, context) };
  // The process may have been killed before it removed the checkpoint.
  await rm(files.checkpoint, { force: true });
  const { model, outcome } = finished;
  const { steps, seconds, diverged, recoveries = 0 } = outcome;
  const { name, label, variantOf } = plan;
  const curve = readCurve<CurvePoint>(curveFileOf(files));
  return { kind: 'finished', fitted: { name, label, variantOf, model, steps, seconds, diverged, recoveries, curve } };
};

/** Removes the files of a fit. */
export const removeFit = async (plan: FitPlan<TrainedModel>, folder: string): Promise<void> => {
  for (const file of Object.values(filesOf(folder, plan.name))) await rm(file, { force: true });
};

/** Measures what is watched if a measurement is due at this step: a part of the step's point. */
const watchedAt = async <M extends TrainedModel>(
  { watch, steps }: FitPlan<M>,
  model: M,
  step: number,
): Promise<Pick<CurvePoint, 'watched' | 'watchedList'>> => {
  if (watch === undefined || !(step % watch.everySteps === 0 || step === steps)) return {};
  const found = await watch.measure(model);
  return typeof found === 'number' ? { watched: found } : { watchedList: found };
};

/** Makes up for a measurement that was due at the saved step of a stopped run, and that the run did not make. */
const watchSaved = async (
  plan: FitPlan<TrainedModel>,
  { parameters, average = parameters }: ModelCheckpoint,
  curve: TrainingCurve<CurvePoint>,
): Promise<void> => {
  const last = curve.points.at(-1);
  if (last === undefined || (last.watched ?? last.watchedList) !== undefined || plan.watch === undefined) return;
  const model = newModel(plan);
  try {
    assignParameters(model, model.layout.toMap(average));
    const watched = await watchedAt(plan, model, last.step);
    if (Object.keys(watched).length > 0) curve.add({ ...last, ...watched });
  } finally {
    model.dispose();
  }
};

/**
 * Runs or resumes a fit until it finishes. A fit that diverges counts as finished. One that trains in a way of its own
 * has no checkpoints.
 *
 * @throws InputError when its checkpoint belongs to another run; the abort reason of the signal when it is stopped,
 *   after a checkpoint
 */
export const runFitPlan = async <M extends TrainedModel>(
  plan: FitPlan<M>,
  { identity, resume }: Extract<FitState<M>, { kind: 'open' }>,
  context: FitContext,
): Promise<FittedModel<M>> => {
  if (plan.train !== undefined) return runTraining(plan, plan.train, identity, context);
  const { folder, backend, output, signal } = context;
  const resumedFrom = resume?.step ?? 0;
  const files = filesOf(folder, plan.name);
  const curve = await openCurve<CurvePoint>(curveFileOf(files), { step: resumedFrom, output });
  const model = newModel(plan);
  const progress = createProgress(output, { total: plan.steps, unit: 'step' });
  const checkpoint = tolerantStore(files.checkpoint, output);
  if (resumedFrom > 0) output.log(`resumes from step ${resumedFrom}`);
  let diverged: string | undefined;
  let recoveries = 0;
  let steps = plan.steps;
  const begun = performance.now();
  const elapsed = (): number => curve.secondsBefore + (performance.now() - begun) / 1000;
  try {
    if (resume && curve.points.at(-1)?.step === resumedFrom) await watchSaved(plan, resume, curve);
    const driven: DrivenFit = {
      model,
      terms: plan.terms(model),
      options: optionsOf(plan, model, backend),
      identity,
      metadata: plan.signal ? { [SIGNAL_KEY]: JSON.stringify(plan.signal) } : {},
      recoveries: 'search' in plan.optimizer ? 0 : RECOVERIES,
      saving: { store: afterCurve(checkpoint.store, curve), everySeconds: context.checkpointEvery, resume },
    };
    const report = async ({ step, loss }: FitProgress): Promise<void> => {
      const watched = await watchedAt(plan, model, step).catch(error => {
        // The fit sees the signal too, and saves its state; an error thrown here would prevent that.
        if (!signal.aborted) throw error;
        return {};
      });
      curve.add({ step, seconds: elapsed(), loss, ...watched });
    };
    const recovered = (count: number): void => {
      recoveries = count;
    };
    await driveFit(driven, { output, progress, signal, event: { fit: plan.name }, recovered, report });
  } catch (error) {
    if (!(error instanceof DivergenceError)) {
      model.dispose();
      const failure = checkpoint.failure();
      if (signal.aborted && failure !== undefined)
        output.warn(`the steps since the last checkpoint are lost: it could not be written: ${failure}`);
      throw isCheckpointProblem(error) ? damaged(files.checkpoint, error) : error;
    }
    diverged = describeError(error);
    steps = error.lastGoodStep;
  }
  const seconds = elapsed();
  curve.save();
  await writeFinishedFit(files.model, plan, model, { identity, steps, seconds, diverged, recoveries });
  if (existsSync(files.checkpoint)) await rm(files.checkpoint);
  const { name, label, variantOf } = plan;
  return { name, label, variantOf, model, steps, seconds, diverged, recoveries, curve: curve.points };
};

/** Steps that are run to measure; the first is not counted, because it allocates and compiles. */
const MEASURED_STEPS = 2;

/** Measures the seconds per step on this machine. @throws the abort reason of the signal when it is stopped */
export const measureStep = async <M extends TrainedModel>(
  plan: FitPlan<M>,
  { backend, signal }: FitContext,
): Promise<number> => {
  const model = newModel(plan);
  try {
    let seconds = Number.NaN;
    let last = performance.now();
    let reports = 0;
    const options = { ...optionsOf(plan, model, backend), reportEvery: 1, signal };
    for await (const _ of fit(model, plan.terms(model), options)) {
      const now = performance.now();
      seconds = (now - last) / 1000;
      last = now;
      reports += 1;
      if (reports === MEASURED_STEPS) break;
    }
    return seconds;
  } catch (error) {
    if (error instanceof DivergenceError) return Number.NaN;
    throw error;
  } finally {
    model.dispose();
  }
};
