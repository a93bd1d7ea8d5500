/** @file One fit of an experiment: taken up where it was left, saved on the way, kept when it has ended. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createProgress, describeError, explainedWithin, InputError, type Output } from '@neural-fields/app-kit';
import {
  afterCurve,
  type CurveFile,
  type DrivenFit,
  defaultChunkSize,
  driveFit,
  isCheckpointProblem,
  openCurve,
  readCurve,
  type TrainingCurve,
  tolerantStore,
} from '@neural-fields/app-kit/fitting';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import {
  type Checkpoint,
  createField,
  DivergenceError,
  decodeCheckpoint,
  type Field,
  type FitProgress,
  fieldFromData,
  fit,
  parameterLayout,
  reportInterval,
} from '@neural-fields/core';
import type { CurvePoint, FitPlan, FittedField } from './experiment.ts';
import { readFinishedFit, writeFinishedFit } from './finished-fit.ts';
import { type FitIdentity, fitIdentity } from './fit-identity.ts';

/** Where a fit runs, and how it is told to stop. */
export interface FitContext {
  /** The folder of its files. */
  readonly folder: string;
  readonly backend: string;
  /** Seconds between checkpoints. */
  readonly checkpointEvery: number;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** The paths of a fit's files. */
interface FitFiles {
  readonly field: string;
  readonly checkpoint: string;
  readonly curve: string;
}

const filesOf = (folder: string, name: string): FitFiles => ({
  field: join(folder, `${name}.safetensors`),
  checkpoint: join(folder, `${name}.checkpoint`),
  curve: join(folder, `${name}.curve.jsonl`),
});

const curveFileOf = ({ curve }: FitFiles): CurveFile => ({ path: curve, numbers: ['loss'] });

const newField = ({ spec, seed, extensions }: FitPlan): Field =>
  createField(spec, { seed, ...(extensions && { extensions }) });

/** What core is told beside the field and its terms. */
const optionsOf = (plan: FitPlan, field: Field, backend: string) => {
  const chunkSize = defaultChunkSize(backend, field.parameterCount);
  return {
    steps: plan.steps,
    seed: plan.seed,
    optimizer: plan.optimizer,
    // A report reads the loss from the device, for which a GPU has to stop.
    reportEvery: plan.reportEvery ?? reportInterval(),
    ...(plan.schedule && { schedule: plan.schedule }),
    ...(plan.clipNorm !== undefined && { clipNorm: plan.clipNorm }),
    ...(chunkSize !== undefined && { chunkSize }),
    // Only core's own limits: a spike that passes belongs to the published setting.
    divergence: {},
  };
};

/** How often a fit that diverges may resume with half the published rate. That it did is part of its result. */
const RECOVERIES = 2;

/** How a fit stands before it is run. */
export type FitState =
  | { readonly kind: 'finished'; readonly fitted: FittedField }
  | {
      readonly kind: 'open';
      readonly identity: FitIdentity;
      /** The checkpoint to resume from; `undefined` for a fit that was not begun. */
      readonly resume: Checkpoint | undefined;
    };

const damaged = (path: string, error: unknown): InputError => {
  const explanation = explainedWithin(`cannot resume from '${path}'`, error);
  return new InputError({ ...explanation, hint: '--restart deletes it and starts again' }, { cause: error });
};

/** The checkpoint of a fit; `undefined` when there is none. @throws InputError when it cannot be read */
const readCheckpoint = async (path: string, plan: FitPlan, { output }: FitContext): Promise<Checkpoint | undefined> => {
  const bytes = await tolerantStore(path, output).store.read();
  if (bytes === undefined) return undefined;
  try {
    return decodeCheckpoint(bytes, plan.extensions);
  } catch (error) {
    throw damaged(path, error);
  }
};

/**
 * Looks at what is there of a fit.
 *
 * @throws InputError when its files are of another run, or damaged
 */
export const openFit = async (plan: FitPlan, context: FitContext): Promise<FitState> => {
  const files = filesOf(context.folder, plan.name);
  const identity = fitIdentity(plan, context.backend);
  const finished = await readFinishedFit(files.field, plan, identity);
  if (finished === undefined)
    return { kind: 'open', identity, resume: await readCheckpoint(files.checkpoint, plan, context) };
  // A kill may have come before it was removed.
  await rm(files.checkpoint, { force: true });
  const { field, outcome } = finished;
  const { steps, seconds, diverged, recoveries = 0 } = outcome;
  const { name, label } = plan;
  return {
    kind: 'finished',
    fitted: { name, label, field, steps, seconds, diverged, recoveries, curve: readCurve(curveFileOf(files)) },
  };
};

/** Removes the files of a fit. */
export const removeFit = async (plan: FitPlan, folder: string): Promise<void> => {
  for (const file of Object.values(filesOf(folder, plan.name))) await rm(file, { force: true });
};

/** What is watched at a step, if it is watched there. */
const watchedAt = async ({ watch, steps }: FitPlan, field: Field, step: number): Promise<number | undefined> =>
  watch !== undefined && (step % watch.everySteps === 0 || step === steps) ? watch.measure(field) : undefined;

/** What a stopped run was to measure at the step that it saved, and did not. */
const watchSaved = async (
  plan: FitPlan,
  { spec, parameters, average = parameters }: Checkpoint,
  curve: TrainingCurve<CurvePoint>,
): Promise<void> => {
  const last = curve.points.at(-1);
  if (last === undefined || last.watched !== undefined || plan.watch === undefined) return;
  const data = { spec, parameters: parameterLayout(spec, plan.extensions).toMap(average) };
  const field = fieldFromData(data, plan.extensions);
  try {
    const watched = await watchedAt(plan, field, last.step);
    if (watched !== undefined) curve.add({ ...last, watched });
  } finally {
    field.dispose();
  }
};

/**
 * Runs a fit to its end, or resumes it. A fit that diverges has ended too.
 *
 * @throws InputError when its checkpoint is of another run; the reason of the signal when it is stopped, after a
 *   checkpoint
 */
export const runFitPlan = async (
  plan: FitPlan,
  { identity, resume }: Extract<FitState, { kind: 'open' }>,
  context: FitContext,
): Promise<FittedField> => {
  const { folder, backend, output, signal } = context;
  const resumedFrom = resume?.step ?? 0;
  const files = filesOf(folder, plan.name);
  const curve = await openCurve<CurvePoint>(curveFileOf(files), { step: resumedFrom, output });
  const field = newField(plan);
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
      field,
      terms: plan.terms(),
      options: optionsOf(plan, field, backend),
      identity,
      metadata: plan.signal ? { [SIGNAL_KEY]: JSON.stringify(plan.signal) } : {},
      recoveries: 'search' in plan.optimizer ? 0 : RECOVERIES,
      saving: { store: afterCurve(checkpoint.store, curve), everySeconds: context.checkpointEvery, resume },
    };
    const report = async ({ step, loss }: FitProgress): Promise<void> => {
      const watched = await watchedAt(plan, field, step).catch(error => {
        // The fit will see the signal too, and save its state, which it could not if it were left from here.
        if (!signal.aborted) throw error;
        return undefined;
      });
      curve.add({ step, seconds: elapsed(), loss, ...(watched !== undefined && { watched }) });
    };
    const recovered = (count: number): void => {
      recoveries = count;
    };
    await driveFit(driven, { output, progress, signal, event: { fit: plan.name }, recovered, report });
  } catch (error) {
    if (!(error instanceof DivergenceError)) {
      field.dispose();
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
  await writeFinishedFit(files.field, plan, field, { identity, steps, seconds, diverged, recoveries });
  if (existsSync(files.checkpoint)) await rm(files.checkpoint);
  return { name: plan.name, label: plan.label, field, steps, seconds, diverged, recoveries, curve: curve.points };
};

/** Steps that are measured, of which the first is passed over: it allocates and compiles. */
const MEASURED_STEPS = 2;

/** The seconds that a step takes here. @throws the reason of the signal when it is stopped */
export const measureStep = async (plan: FitPlan, { backend, signal }: FitContext): Promise<number> => {
  const field = newField(plan);
  try {
    let seconds = Number.NaN;
    let last = performance.now();
    let reports = 0;
    for await (const _ of fit(field, plan.terms(), { ...optionsOf(plan, field, backend), reportEvery: 1, signal })) {
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
    field.dispose();
  }
};
