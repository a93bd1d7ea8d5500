import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { finish, finishInSlices, type Work, type WorkOptions } from '../work/work.ts';
import { assertDataRange } from './data-range.ts';
import { meanSquaredErrorWork } from './mean-squared-error.ts';

/** The options of {@link psnr}. */
export interface PsnrOptions {
  /** Largest minus smallest possible value. Default 1, for images in [0, 1]; 2 for [-1, 1], 255 for bytes. */
  readonly dataRange?: number;
}

function* psnrWork(a: ArrayView, b: ArrayView, { dataRange = 1 }: PsnrOptions): Work<number> {
  assertDataRange('psnr', dataRange);
  return 10 * Math.log10(dataRange ** 2 / (yield* meanSquaredErrorWork('psnr', a, b)));
}

/**
 * The peak signal-to-noise ratio in decibels: 10 log10(dataRange^2 / meanSquaredError(a, b)), like scikit-image's
 * `peak_signal_noise_ratio`.
 *
 * @returns dB; Infinity when the arrays are equal
 * @throws RangeError when the shapes differ or are empty, or the range is not positive
 */
export const psnr = (a: ArrayView, b: ArrayView, options: PsnrOptions = {}): number => {
  assertOptions('psnr', options, { dataRange: 1 });
  return finish(psnrWork(a, b, options));
};

/**
 * {@link psnr} in slices, yielding to the event loop in between.
 *
 * @throws RangeError as `psnr`; the reason of `signal` when it is aborted
 */
export const psnrAsync = (a: ArrayView, b: ArrayView, options: PsnrOptions & WorkOptions = {}): Promise<number> => {
  assertOptions('psnrAsync', options, { dataRange: 1, onProgress: 1, signal: 1 });
  return finishInSlices(psnrWork(a, b, options), options);
};
