/** @file The files of a fit, its model before it runs, and the options of its loop. */
import { join } from 'node:path';
import type { Output } from '@neural-fields/app-kit';
import { type CurveFile, defaultChunkSize } from '@neural-fields/app-kit/fitting';
import { createField, reportInterval } from '@neural-fields/core';
import type { FitPlan, TrainedModel, Training } from './experiment.ts';

/** Where a fit runs, and the signal that stops it. */
export interface FitContext {
  /** The folder for its files. */
  readonly folder: string;
  readonly backend: string;
  /** Seconds between checkpoints. */
  readonly checkpointEvery: number;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** The paths of a fit's files. */
export interface FitFiles {
  readonly model: string;
  readonly checkpoint: string;
  readonly curve: string;
}

/** The paths of the files of a fit. */
export const filesOf = (folder: string, name: string): FitFiles => ({
  model: join(folder, `${name}.safetensors`),
  checkpoint: join(folder, `${name}.checkpoint`),
  curve: join(folder, `${name}.curve.jsonl`),
});

/** The file of the training curve. */
export const curveFileOf = ({ curve }: FitFiles): CurveFile => ({ path: curve, numbers: ['loss'] });

/** The model of a plan before it is fitted. */
export const newModel = <M extends TrainedModel>({ spec, seed, extensions, model }: FitPlan<M>): M =>
  // Without `model`, what is fitted is a field.
  model?.() ?? (createField(spec, { seed, ...(extensions && { extensions }) }) as TrainedModel as M);

/** The options passed to core besides the model and its terms. */
export const optionsOf = <M extends TrainedModel>(plan: FitPlan<M>, model: M, backend: string): Training['options'] => {
  const chunkSize = defaultChunkSize(backend, model.layout.size);
  return {
    steps: plan.steps,
    seed: plan.seed,
    optimizer: plan.optimizer,
    // A report reads the loss back from the device, which stalls a GPU.
    reportEvery: plan.reportEvery ?? reportInterval(),
    ...(plan.schedule && { schedule: plan.schedule }),
    ...(plan.clipNorm !== undefined && { clipNorm: plan.clipNorm }),
    ...(plan.project && { project: plan.project }),
    ...(chunkSize !== undefined && { chunkSize }),
    // Only core's own limits: a passing loss spike is part of the published setting.
    divergence: {},
  };
};
