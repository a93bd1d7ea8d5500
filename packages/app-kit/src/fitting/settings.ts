/** @file The settings of a fit. */
import { adam, constant, cosine } from '@neural-fields/core';
import { type PointSet, withoutReplacement } from '@neural-fields/signals';
import { UsageError } from '../errors.ts';
import type { DrivenFit } from './drive-fit.ts';

/** The settings of a fit, as given on the command line. */
export interface FitSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule: 'constant' | 'cosine';
  /** The number of points per step. */
  readonly batch: 'full' | number;
  readonly seed: number;
  readonly chunkSize?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly averageDecay?: number | undefined;
  /** Which parameters the field keeps: those with the lowest running loss, or the last ones. */
  readonly keep: 'best' | 'last';
  readonly reportEvery: number;
}

/** The points of a step. @throws UsageError when there are fewer than requested */
export const pointsOf = (points: PointSet, { batch }: FitSettings): ReturnType<typeof withoutReplacement> => {
  if (batch === 'full' || batch === points.size) return points;
  if (batch > points.size)
    throw new UsageError({ what: `--batch ${batch}`, problem: `the signal has only ${points.size} points` });
  return withoutReplacement(points, { count: batch });
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
  const { steps, learningRate, schedule, seed, chunkSize, clipNorm, averageDecay, keep, reportEvery } = settings;
  return {
    steps,
    seed,
    reportEvery,
    optimizer: adam({ learningRate }),
    schedule: schedule === 'cosine' ? cosine() : constant(),
    ...(chunkSize !== undefined && { chunkSize }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(averageDecay !== undefined && { averageDecay }),
    ...(keep === 'best' && { keepBest: true }),
  };
};
