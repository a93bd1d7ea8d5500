/** @file The figures that several tasks have in common. */
import { createHash } from 'node:crypto';
import { coordinateGradient, type DenseArray, denseArray, psnr } from '@neural-fields/signals';
import { DATA_RANGE } from '../../quality/quality-signal.ts';

/** The PSNR of values in [-1, 1], in decibels. */
export const valuePsnr = (values: DenseArray, truth: DenseArray): number =>
  psnr(values, truth, { dataRange: DATA_RANGE });

/** The highest number minus the lowest; 1 where all are equal, since no PSNR has the range 0. */
const rangeOf = (values: ArrayLike<number>): number => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number);
    high = Math.max(high, values[i] as number);
  }
  return high > low ? high - low : 1;
};

/** The PSNR of any quantity in decibels: its range is that of the truth. */
export const rangePsnr = (values: Float32Array, truth: Float32Array): number =>
  psnr(denseArray(values, [values.length]), denseArray(truth, [truth.length]), { dataRange: rangeOf(truth) });

/**
 * The PSNR of the gradient in decibels: central differences of both on the same grid over [-1, 1], pixel-centred; the
 * range is that of the truth.
 */
export const gradientPsnr = (values: DenseArray, truth: DenseArray): number => {
  const [one, other] = [values, truth].map(each => coordinateGradient(each, { convention: 'pixel-centred' }).data);
  return rangePsnr(one as Float32Array, other as Float32Array);
};

/** Values in [-1, 1] as a picture in [0, 1]; what lies outside is clipped. */
export const pictureOf = ({ data, shape }: DenseArray): DenseArray =>
  denseArray(
    data.map(value => Math.min(1, Math.max(0, (value + 1) / 2))),
    shape,
  );

/** A hash of arrays and settings. */
export const hashData = (arrays: readonly Float32Array[], settings: object = {}): string => {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const array of arrays) hash.update(`${array.length}:`).update(array);
  return hash.digest('hex').slice(0, 16);
};
