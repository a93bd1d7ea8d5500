/** @file How a field is fitted. */
import { adam, constant, cosine, type FitOptions } from '@neural-fields/core';
import { type PointSet, withoutReplacement } from '@neural-fields/signals';
import { UsageError } from '../errors.ts';

/** The settings of a fit, as the command line has them. */
export interface FitSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule: 'constant' | 'cosine';
  /** The number of points in a step. */
  readonly batch: 'full' | number;
  readonly seed: number;
  readonly chunkSize?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly averageDecay?: number | undefined;
  readonly reportEvery: number;
}

/** The points of a step. @throws UsageError when there are fewer than are asked for */
export const pointsOf = (points: PointSet, { batch }: FitSettings): ReturnType<typeof withoutReplacement> => {
  if (batch === 'full' || batch === points.size) return points;
  if (batch > points.size) throw new UsageError(`--batch ${batch}: the signal has only ${points.size} points`);
  return withoutReplacement(points, { count: batch });
};

/** The settings in core's terms. */
export const fitOptions = (settings: FitSettings): FitOptions => {
  const { steps, learningRate, schedule, seed, chunkSize, clipNorm, averageDecay, reportEvery } = settings;
  return {
    steps,
    seed,
    reportEvery,
    optimizer: adam({ learningRate }),
    schedule: schedule === 'cosine' ? cosine() : constant(),
    ...(chunkSize !== undefined && { chunkSize }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(averageDecay !== undefined && { averageDecay }),
  };
};
