/** @file How well a field has learned its signal. */
import type { Field } from '@neural-fields/core';
import type { PointSet } from '@neural-fields/signals';
import { sampleRange } from '../render/sample-field.ts';

/** The error over all points. */
export interface Quality {
  /** The mean squared error in the field's units, where signals lie in [-1, 1]. */
  readonly mse: number;
  /** 10 log10(4 / mse), in decibels: of the values as they are, neither clipped nor rounded. */
  readonly psnr: number;
  /** The signal-to-noise ratio in decibels: 10 log10(sum target^2 / sum error^2). */
  readonly snr: number;
}

const coordsOf = (points: PointSet, start: number, count: number): { coords: Float32Array; value: Float32Array } => {
  const { coords, targets } = points.at(Float64Array.from({ length: count }, (_, i) => start + i));
  return { coords, value: targets?.['value'] as Float32Array };
};

/** Evaluates a field at all points of a signal. @throws the reason of `signal` when it is aborted */
export const measureQuality = async (field: Field, points: PointSet, signal?: AbortSignal): Promise<Quality> => {
  let error = 0;
  let power = 0;
  let targets = new Float32Array();
  const range = {
    count: points.size,
    coords: (start: number, count: number) => {
      const { coords, value } = coordsOf(points, start, count);
      targets = value as Float32Array<ArrayBuffer>;
      return coords;
    },
  };
  await sampleRange(field, range, { quantity: 'value', signal }, (_, values) => {
    for (const [i, target] of targets.entries()) {
      error += ((values[i] as number) - target) ** 2;
      power += target ** 2;
    }
  });
  const mse = error / (points.size * field.outFeatures);
  return { mse, psnr: 10 * Math.log10(4 / mse), snr: 10 * Math.log10(power / error) };
};
