/** @file A field's value and derivatives on a grid, in batches of bounded size. */

import { pointsPerPass } from '@neural-fields/app-kit/render';
import type { Field } from '@neural-fields/core';
import { type GridOptions, gridCoordinatesRange } from '@neural-fields/signals';
import { tensor2d, tidy } from '@tensorflow/tfjs-core';

/** Values at n points, row-major; d coordinates, o outputs. */
export interface SampledJet {
  /** `f32[n, o]` */
  readonly value: Float32Array;
  /** `f32[n, d, o]` */
  readonly gradient: Float32Array;
  /** `f32[n, o]` */
  readonly laplacian: Float32Array;
}

/** What to sample. */
export interface SampleJetOptions {
  /** `[height, width]` */
  readonly shape: readonly number[];
  readonly grid: GridOptions;
  readonly signal?: AbortSignal;
}

/** Yields to the event loop, so that timers and signals are handled. */
const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Samples a field's whole jet on a grid. @throws the abort reason of `signal` */
export const sampleJet = async (field: Field, { shape, grid, signal }: SampleJetOptions): Promise<SampledJet> => {
  const count = shape.reduce((product, length) => product * length, 1);
  const { inFeatures: d, outFeatures: o } = field;
  const result = {
    value: new Float32Array(count * o),
    gradient: new Float32Array(count * d * o),
    laplacian: new Float32Array(count * o),
  };
  const size = pointsPerPass(field, 'laplacian');
  for (let start = 0; start < count; start += size) {
    await breathe();
    signal?.throwIfAborted();
    const points = Math.min(size, count - start);
    const coords = gridCoordinatesRange(shape, { start, count: points }, grid);
    const { value, gradient, laplacian } = tidy(() =>
      field.jet(tensor2d(coords, [points, d]), { gradient: true, laplacian: true }),
    );
    result.value.set(await value.data(), start * o);
    result.gradient.set(await gradient.data(), start * d * o);
    result.laplacian.set(await laplacian.data(), start * o);
    for (const tensor of [value, gradient, laplacian]) tensor.dispose();
  }
  return result;
};
