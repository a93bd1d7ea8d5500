/** @file The settings of a fit. */
import {
  type AdamOptions,
  adam,
  constant,
  cosine,
  exponential,
  type Optimizer,
  type PointSource,
  type Schedule,
} from '@neural-fields/core';
import { muon, soap } from '@neural-fields/core/optimizers';
import { type PointSet, stratifiedSubsets, withoutReplacement } from '@neural-fields/signals';
import { UsageError } from '../errors.ts';
import type { DrivenFit } from './drive-fit.ts';

/** The values of `--optimizer`. */
export const optimizerNames = ['adam', 'muon', 'soap'] as const;

/** One of {@link optimizerNames}. */
export type OptimizerName = (typeof optimizerNames)[number];

/** The values of `--sampling`. */
export const samplingNames = ['random', 'stratified'] as const;

/** The learning rate over the steps: `exponential:<factor>` falls geometrically to the factor. */
export type ScheduleName = 'constant' | 'cosine' | `exponential:${number}`;

/** The schedule of that name. */
const scheduleOf = (name: ScheduleName): Schedule => {
  if (name === 'cosine') return cosine();
  return name === 'constant' ? constant() : exponential(Number(name.slice('exponential:'.length)));
};

/** The settings of a fit, as given on the command line. */
export interface FitSettings {
  readonly steps: number;
  readonly optimizer: OptimizerName;
  /** That of hidden matrices for `muon`; see {@link RATE_BESIDE_MUON}. */
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** Adam's options besides its rate, where it is the optimizer; core's defaults if absent. */
  readonly adam?: Omit<AdamOptions, 'learningRate'> | undefined;
  /** The number of points per step. */
  readonly batch: 'full' | number;
  /** How the points of a step are chosen, unless they are all: at random, or one from each neighbourhood. */
  readonly sampling: (typeof samplingNames)[number];
  readonly seed: number;
  readonly chunkSize?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly averageDecay?: number | undefined;
  /** Which parameters the field keeps: those with the lowest running loss, or the last ones. */
  readonly keep: 'best' | 'last';
  readonly reportEvery: number;
}

/** The learning rate of Adam for the parameters that Muon leaves to it. */
export const RATE_BESIDE_MUON = 1e-3;

const optimizers: Readonly<
  Record<OptimizerName, (learningRate: number, adamOptions: FitSettings['adam']) => Optimizer>
> = {
  adam: (learningRate, options) => adam({ learningRate, ...options }),
  muon: learningRate => muon({ learningRate, adam: { learningRate: RATE_BESIDE_MUON } }),
  soap: learningRate => soap({ learningRate }),
};

/**
 * The points of a step.
 *
 * @param grid the numbers of points along each axis
 * @throws UsageError when there are fewer than requested
 */
export const pointsOf = (
  points: PointSet,
  grid: readonly number[],
  { batch, sampling, seed }: Pick<FitSettings, 'batch' | 'sampling' | 'seed'>,
): PointSource => {
  if (batch === 'full' || batch === points.size) return points;
  if (batch > points.size)
    throw new UsageError({ what: `--batch ${batch}`, problem: `the signal has only ${points.size} points` });
  return sampling === 'random'
    ? withoutReplacement(points, { count: batch })
    : stratifiedSubsets(points, { grid, count: batch, seed });
};

/** The number of operations that take about half a second: Ctrl-C waits until the current chunk is done. */
const OPERATIONS: Readonly<Record<string, number>> = { cpu: 5e7, wasm: 1e9 };
/** A forward and a backward pass take three products with each weight, of one multiplication and one addition. */
const OPERATIONS_PER_PARAMETER = 6;

/**
 * The chunk size for a backend that is slow enough for people to wait for it; `undefined` leaves it to core, which
 * chooses it by memory.
 */
export const defaultChunkSize = (backend: string, parameters: number): number | undefined => {
  const operations = OPERATIONS[backend];
  if (operations === undefined) return undefined;
  return Math.max(32, Math.min(8192, Math.floor(operations / (OPERATIONS_PER_PARAMETER * parameters))));
};

/** The settings as options of core's loop. */
export const fitOptions = (settings: FitSettings): DrivenFit['options'] => {
  const { steps, optimizer, learningRate, schedule, seed, chunkSize, clipNorm, averageDecay, keep, reportEvery } =
    settings;
  return {
    steps,
    seed,
    reportEvery,
    optimizer: optimizers[optimizer](learningRate, settings.adam),
    schedule: scheduleOf(schedule),
    ...(chunkSize !== undefined && { chunkSize }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(averageDecay !== undefined && { averageDecay }),
    ...(keep === 'best' && { keepBest: true }),
  };
};
