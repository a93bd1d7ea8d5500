import type { ArrayView } from '../arrays/array-view.ts';
import { assertDataRange } from './data-range.ts';
import { mse } from './mse.ts';

/**
 * The peak signal-to-noise ratio in decibels: 10 log10(dataRange^2 / mse(a, b)), as scikit-image's `peak_signal_noise_ratio`.
 *
 * @param options `dataRange`: largest minus smallest possible value. Default 1, for images in [0, 1]; 2 for [-1, 1], 255 for bytes.
 * @returns dB; Infinity when the arrays are equal
 * @throws RangeError when the shapes differ or are empty, or the range is not positive
 */
export const psnr = (a: ArrayView, b: ArrayView, { dataRange = 1 }: { readonly dataRange?: number } = {}): number => {
  assertDataRange('psnr', dataRange);
  return 10 * Math.log10(dataRange ** 2 / mse(a, b));
};
