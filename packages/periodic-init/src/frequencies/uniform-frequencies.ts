import { createRng } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { assertAxes } from '../assert-axes.ts';
import { type Frequency, isInHalfSpace, keyOf } from './frequency.ts';

/** The options of {@link uniformFrequencies}. */
export interface UniformFrequencyOptions {
  /** The number d of coordinates: 1, 2 or 3. */
  readonly inFeatures: number;
  /** The number m of frequencies. */
  readonly count: number;
  /** The bound b on the components. */
  readonly maxFrequency: number;
  readonly seed: number;
}

/**
 * Distinct integer frequencies, uniform on {0 ... b} x {-b ... b}^(d - 1) without 0 and without the negative of another
 * one: what {@link periodicFrequencies} is compared with in Novello et al. 2025, arXiv:2407.21121.
 *
 * @returns m vectors of d integers
 * @throws RangeError when an option is out of its range, or there are fewer than m such frequencies
 */
export const uniformFrequencies = (options: UniformFrequencyOptions): Frequency[] => {
  assertOptions('uniformFrequencies', options, { inFeatures: 1, count: 1, maxFrequency: 1, seed: 1 });
  const { inFeatures, count, maxFrequency, seed } = options;
  assertAxes('uniformFrequencies: inFeatures', inFeatures);
  assertCount('uniformFrequencies: count', count);
  assertCount('uniformFrequencies: maxFrequency', maxFrequency);
  const available = ((2 * maxFrequency + 1) ** inFeatures - 1) / 2;
  if (count > available)
    throw new RangeError(
      `uniformFrequencies: count must be at most the ${available} frequencies up to ${maxFrequency}, got ${count}`,
    );
  const rng = createRng(seed).fork('uniform-frequencies');
  const chosen = new Map<string, Frequency>();
  while (chosen.size < count) {
    const drawn = Array.from({ length: inFeatures }, () => rng.integer(2 * maxFrequency + 1) - maxFrequency);
    if (drawn.every(component => component === 0)) continue;
    const frequency = isInHalfSpace(drawn) ? drawn : drawn.map(component => 0 - component);
    chosen.set(keyOf(frequency), frequency);
  }
  return [...chosen.values()];
};
