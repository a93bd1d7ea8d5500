/** @file How well a field has learned its signal. */

import { sampleRange } from '@neural-fields/app-kit/render';
import { createRng, type Field } from '@neural-fields/core';
import type { PointSet } from '@neural-fields/signals';

/** The error of a field at the points of a signal. */
export interface Quality {
  /** The number of points evaluated: all, or {@link MEASURED} of them. */
  readonly points: number;
  /** The mean squared error in the field's units, where signals lie in [-1, 1]. */
  readonly mse: number;
  /** 10 log10(4 / mse), in decibels: of the raw values, neither clipped nor rounded. */
  readonly psnr: number;
  /** The signal-to-noise ratio in decibels: 10 log10(sum target^2 / sum error^2). */
  readonly snr: number;
}

/**
 * The maximum number of points to evaluate: more would take longer than the fit. The PSNR of a subset is accurate to a
 * few hundredths of a decibel.
 */
export const MEASURED: number = 2 ** 18;

/** The indices of the points to evaluate: all, or a random one in each of {@link MEASURED} parts of equal length. */
const measuredNumbers = (size: number): ((i: number) => number) => {
  if (size <= MEASURED) return i => i;
  const rng = createRng(1);
  const shifts = Float64Array.from({ length: MEASURED }, () => rng.uniform());
  const startOf = (i: number): number => Math.floor((i * size) / MEASURED);
  return i => startOf(i) + Math.floor((shifts[i] as number) * (startOf(i + 1) - startOf(i)));
};

/**
 * Evaluates a field at the points of a signal, or at a subset if there are many.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const measureQuality = async (field: Field, points: PointSet, signal?: AbortSignal): Promise<Quality> => {
  const count = Math.min(points.size, MEASURED);
  const numberOf = measuredNumbers(points.size);
  let error = 0;
  let power = 0;
  let targets = new Float32Array();
  const range = {
    count,
    coords: (start: number, many: number) => {
      const batch = points.at(Float64Array.from({ length: many }, (_, i) => numberOf(start + i)));
      targets = batch.targets?.['value'] as Float32Array<ArrayBuffer>;
      return batch.coords;
    },
  };
  await sampleRange(field, range, { quantity: 'value', signal }, (_, values) => {
    for (const [i, target] of targets.entries()) {
      error += ((values[i] as number) - target) ** 2;
      power += target ** 2;
    }
  });
  const mse = error / (count * field.outFeatures);
  return { points: count, mse, psnr: 10 * Math.log10(4 / mse), snr: 10 * Math.log10(power / error) };
};
