/** @file The signal of a field that is pruned. */
import { InputError } from '@neural-fields/app-kit';
import { pointsOf } from '@neural-fields/app-kit/fitting';
import { shapeTerms } from '@neural-fields/app-kit/shapes';
import type {
  AudioDescription,
  ImageDescription,
  ShapeDescription,
  SignalDescription,
} from '@neural-fields/app-kit/signals';
import { createRng, type Field, type Term, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { isMesh } from '@neural-fields/shapes';
import type { PointSet } from '@neural-fields/signals';
import type { LoadedField } from '../files/load-field.ts';
import { presets } from '../settings/presets.ts';
import { shapeCounts } from '../signals/prepare-shape.ts';
import { measureQuality } from '../signals/quality.ts';
import { readOriginal } from '../signals/read-original.ts';

/** How well a field has learned its signal. */
export interface SourceFigures {
  /** Pictures and sounds: in decibels, at the samples of the signal. */
  readonly psnr?: number;
  /** Pictures: in decibels, at twice as many samples along each axis, where the file has them. */
  readonly psnrBetween?: number;
  /** Shapes: the mean distance of the zero level from the surface, in the file's units. */
  readonly surfaceError?: number;
  /** Shapes: the mean angle between the gradient and the normals, in degrees. */
  readonly normalError?: number;
}

/** The signal of a field. */
export interface Source {
  /** The SHA-256 of the points in hexadecimal digits. */
  readonly sha256: string;
  /** The objective of steps between the removals. @throws InputError when the field has other coordinates */
  terms(field: Field, options: { readonly batch: 'full' | number | undefined; readonly seed: number }): readonly Term[];
  /** @throws the reason of `signal` when it is aborted */
  figures(field: Field, signal: AbortSignal): Promise<SourceFigures>;
  /** The figures that the field's file records. */
  recorded(field: Field, signal: AbortSignal): Promise<object>;
}

/** More points than these are drawn in each step: the batch of `fit` for pictures. */
const MAX_BATCH = 16_384;

const pointSource = async (path: string, description: ImageDescription | AudioDescription): Promise<Source> => {
  const { points, sha256 } = await readOriginal(path, description);
  if (points === undefined) throw new InputError({ what: `--signal '${path}'`, problem: 'it has no samples' });
  const finer = await readFiner(path, description);
  const grid = description.kind === 'image' ? [description.height, description.width] : [description.length];
  return {
    sha256,
    terms: (field, { batch = Math.min(points.size, MAX_BATCH), seed }) => {
      const drawn = pointsOf(points, grid, { batch, sampling: 'random', seed });
      if (drawn.inFeatures !== field.inFeatures)
        throw new InputError({ what: '--signal', problem: 'it has another number of coordinates than the field' });
      return [term({ points: drawn, loss: mse() })];
    },
    figures: async (field, signal) => ({
      psnr: (await measureQuality(field, points, signal)).psnr,
      ...(finer && { psnrBetween: (await measureQuality(field, finer, signal)).psnr }),
    }),
    recorded: (field, signal) => measureQuality(field, points, signal),
  };
};

const shapeSource = async (path: string, description: ShapeDescription): Promise<Source> => {
  const { shape, sha256, measure } = await readOriginal(path, description);
  if (shape === undefined || !(isMesh(shape) || shape.normals))
    throw new InputError({ what: `--signal '${path}'`, wanted: 'a mesh, or points with normals', got: 'points alone' });
  // The loss of `fit --preset fast`: the file does not say with which one its field was fitted.
  const { shapeLoss, shape: defaults } = presets.fast;
  const { near, weights, distanceWeight } = shapeLoss;
  return {
    sha256,
    terms: (_, { batch = defaults.batch }) => {
      const all = batch === 'full' ? (2 * shape.positions.length) / 3 : batch;
      const counts = shapeCounts(all, near);
      return shapeTerms(shape, { counts, weights, distanceWeight, normals: 'face' });
    },
    figures: (field, signal) => measure(field, signal),
    recorded: (field, signal) => measure(field, signal),
  };
};

/** @throws InputError when the file does not say what the field represents, or the signal does not fit it */
export const readSource = async (path: string, { signal }: LoadedField, field: string): Promise<Source> => {
  if (signal === undefined)
    throw new InputError({
      what: `'${field}'`,
      wanted: 'the field of a picture, a sound or a shape, to fit on with --signal',
      got: 'a field that does not say what it represents',
      hint: 'without --signal it is pruned without fitting on',
    });
  return signal.kind === 'shape' ? shapeSource(path, signal) : pointSource(path, signal);
};

/** The signal at twice the resolution; `undefined` where the file has no more than was fitted. */
const readFiner = async (path: string, signal: SignalDescription): Promise<PointSet | undefined> => {
  if (signal.kind !== 'image') return undefined;
  try {
    return (await readOriginal(path, { ...signal, width: 2 * signal.width, height: 2 * signal.height })).points;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

/** Uniformly random points of the box that a field represents. */
export const randomPoints = (
  field: Field,
  signal: SignalDescription | undefined,
  count: number,
  seed: number,
): Float32Array => {
  const spans = signal !== undefined && 'spans' in signal ? signal.spans : [];
  const rng = createRng(seed).fork('points');
  return Float32Array.from({ length: count * field.inFeatures }, (_, i) => {
    const [low, high] = spans[i % field.inFeatures] ?? [-1, 1];
    return low + (high - low) * rng.uniform();
  });
};
