import type { ArrayView } from '../arrays/array-view.ts';
import { finish } from '../work/work.ts';
import { eachPair } from './element-pairs.ts';

/**
 * The signal-to-noise ratio in decibels: 10 log10(sum reference^2 / sum (estimate - reference)^2).
 *
 * @returns dB; Infinity when the arrays are equal, -Infinity when the reference is silent and the estimate is not
 * @throws RangeError when the shapes differ or are empty
 */
export const snr = (reference: ArrayView, estimate: ArrayView): number => {
  let power = 0;
  let noise = 0;
  const sums = eachPair('snr', reference, estimate, (signal, other) => {
    let [partialPower, partialNoise] = [0, 0];
    for (let i = 0; i < signal.length; i++) {
      partialPower += signal[i]! ** 2;
      partialNoise += (other[i]! - signal[i]!) ** 2;
    }
    power += partialPower;
    noise += partialNoise;
  });
  finish(sums);
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(power / noise);
};
