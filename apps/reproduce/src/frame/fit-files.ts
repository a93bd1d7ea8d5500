/** @file The files of a fit, its field before it runs, and the options of its loop. */
import { join } from 'node:path';
import type { Output } from '@neural-fields/app-kit';
import { type CurveFile, defaultChunkSize } from '@neural-fields/app-kit/fitting';
import { createField, type Field, reportInterval } from '@neural-fields/core';
import type { FitPlan, Training } from './experiment.ts';

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
  readonly field: string;
  readonly checkpoint: string;
  readonly curve: string;
}

/** The paths of the files of a fit. */
export const filesOf = (folder: string, name: string): FitFiles => ({
  field: join(folder, `${name}.safetensors`),
  checkpoint: join(folder, `${name}.checkpoint`),
  curve: join(folder, `${name}.curve.jsonl`),
});

/** The file of the training curve. */
export const curveFileOf = ({ curve }: FitFiles): CurveFile => ({ path: curve, numbers: ['loss'] });

/** The field of a plan before it is fitted. */
export const newField = ({ spec, seed, extensions }: FitPlan): Field =>
  createField(spec, { seed, ...(extensions && { extensions }) });

/** The options passed to core besides the field and its terms. */
export const optionsOf = (plan: FitPlan, field: Field, backend: string): Training['options'] => {
  const chunkSize = defaultChunkSize(backend, field.parameterCount);
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
