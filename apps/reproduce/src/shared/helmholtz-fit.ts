/** @file How waves of the Helmholtz equation are fitted and sampled: what its two experiments share. */

import { sampleAll } from '@neural-fields/app-kit/render';
import { adam, cosine, type Field, lbfgs, type PointSource } from '@neural-fields/core';
import { absolute, type Penalty, squared } from '@neural-fields/losses';
import { gridCoordinates, gridCoordinatesRange } from '@neural-fields/signals';
import type { ExperimentSettings, FitPlan, ProfileName } from '../frame/experiment.ts';
import { rowsAt } from './errors.ts';
import { freezePoints } from './freeze-points.ts';
import { type HelmholtzScene, innerPoints, scenePoints } from './helmholtz-scene.ts';
import { pictureGrid } from './pictures.ts';

/** What a profile sets besides the sizes. */
export interface WaveSettings {
  readonly wavenumber: number;
  /** Of the Gaussian sources. */
  readonly variance: number;
  readonly omega0: number;
  /** Whether the learning rate of Adam decays to 0. */
  readonly falling: boolean;
}

/** The paper's settings, and longer waves for a narrower network. */
export const waveSettings: Readonly<Record<ProfileName, WaveSettings>> = {
  quick: { wavenumber: 6, variance: 2.5e-3, omega0: 10, falling: true },
  paper: { wavenumber: 20, variance: 1e-4, omega0: 30, falling: false },
};

export type WaveOptimizer = 'adam' | 'lbfgs';

/** L-BFGS iterations per step of its fit. */
export const ITERATIONS = 20;

/** An error may be this many times the measured one, to allow for other seeds and backends. */
export const ROOM = 3;

/** The settings that depend on the optimizer. */
export interface WaveFit extends Pick<FitPlan, 'optimizer' | 'schedule' | 'steps'> {
  /** `f32[size^2, 2]` per step, with the targets of {@link scenePoints}. */
  readonly points: PointSource;
  /** Applied to residuals and misfits. L-BFGS needs a smooth loss. */
  readonly penalty: Penalty;
  /** The authors' weight for points on a source, with Adam's penalty. */
  readonly weights: { readonly onSourceWeight?: number };
}

/**
 * How the waves of a scene are fitted: with Adam and the authors' losses, or with L-BFGS, squared losses and fixed
 * points, for as many gradient evaluations.
 */
export const waveFit = (
  optimizer: WaveOptimizer,
  scene: HelmholtzScene,
  { settings, falling }: { readonly settings: ExperimentSettings; readonly falling: boolean },
): WaveFit => {
  const { size, seed, steps, learningRate } = settings;
  const count = size * size;
  const points = scenePoints(scene, { count, near: Math.min(100, Math.floor(count / (4 * scene.sources.length))) });
  if (optimizer === 'lbfgs')
    return {
      points: freezePoints(points, seed),
      penalty: squared,
      weights: {},
      steps: Math.ceil(steps / ITERATIONS),
      optimizer: lbfgs({ maxIterations: ITERATIONS }),
    };
  return {
    points,
    penalty: absolute,
    weights: { onSourceWeight: count / 1000 },
    steps,
    optimizer: adam({ learningRate }),
    ...(falling && { schedule: cosine() }),
  };
};

/** The iterations per step, by the names of fits, for the plot of errors. */
export const iterationsOf = (
  fits: readonly { readonly name: string; readonly optimizer: WaveOptimizer }[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(fits.filter(({ optimizer }) => optimizer === 'lbfgs').map(({ name }) => [name, ITERATIONS]));

/** The points of a corner-aligned grid at which errors are computed, `f32[n, 2]`. */
export const innerCoords = (size: number): Float32Array => rowsAt(gridCoordinates([size, size]), 2, innerPoints(size));

/** A field's values on a corner-aligned grid, `f32[size * size, outFeatures]`. */
export const sampleWaves = (field: Field, size: number, signal: AbortSignal): Promise<Float32Array> => {
  const coords = (start: number, count: number): Float32Array =>
    gridCoordinatesRange([size, size], { start, count }, pictureGrid);
  return sampleAll(field, { count: size * size, coords }, { quantity: 'value', signal });
};

/** Column `column` of `[n, width]` values. */
export const columnOf = (values: ArrayLike<number>, width: number, column = 0): Float32Array =>
  Float32Array.from({ length: values.length / width }, (_, i) => values[i * width + column] as number);
