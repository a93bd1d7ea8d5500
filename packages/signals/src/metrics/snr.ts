import type { ArrayView } from '../arrays/array-view.ts';
import { elementPairs } from './mse.ts';

/**
 * The signal-to-noise ratio in decibels: 10 log10(sum reference^2 / sum (estimate - reference)^2).
 *
 * @returns dB; Infinity when the arrays are equal, -Infinity when the reference is silent and the estimate is not
 * @throws RangeError when the shapes differ or are empty
 */
export const snr = (reference: ArrayView, estimate: ArrayView): number => {
  const [signal, other] = elementPairs('snr', reference, estimate);
  let power = 0;
  let noise = 0;
  for (let i = 0; i < signal.length; i++) {
    power += signal[i]! ** 2;
    noise += (other[i]! - signal[i]!) ** 2;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(power / noise);
};
