/** @file The hidden layer whose weights are bounded: the one behind the periodic layer. */

import type { FieldSpec } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { assertPositive } from '@neural-fields/core/options';
import { isPeriodic, lowFrequencies, type PeriodicSpec } from '../periodic-layer.ts';

/** The bounds on effective weights: W_eff = omega W. */
export interface Bounds {
  /** The bound c_L on weights of low input frequencies; 1 in the authors' preset. */
  readonly low: number;
  /** The bound c_H on weights of the other input frequencies; 0.6 in the authors' preset. */
  readonly high: number;
}

/** A layer with bounded weights. */
export interface BoundedLayer {
  /** The name of its parameter `weight`, f32[m, n]. */
  readonly weight: string;
  /** The factor of its activation. */
  readonly omega: number;
  /** The bound c_j of each input feature. */
  readonly limits: Float64Array;
}

/** @throws RangeError when a bound is not positive */
export const assertBounds = (name: string, { low, high }: Bounds): void => {
  assertPositive(`${name}: low`, low);
  assertPositive(`${name}: high`, high);
};

/**
 * The bounded layer of a spec.
 *
 * @throws TypeError when the spec does not begin with a periodic layer and a dense sine layer
 */
export const boundedLayer = (name: string, { layers }: FieldSpec, { low, high }: Bounds): BoundedLayer => {
  const [first, second] = layers;
  if (!isPeriodic(first))
    throw new TypeError(
      `${name}: the spec must begin with a periodic layer, as that of tuner, got '${first?.kind ?? 'no layer'}'`,
    );
  const { kind, activation } = (second ?? {}) as Partial<DenseSpec>;
  if (kind !== 'dense' || activation?.kind !== 'sine')
    throw new TypeError(
      `${name}: the second layer must be a dense layer with a sine, got '${activation?.kind ?? kind ?? 'no layer'}'`,
    );
  const limits = Float64Array.from(lowFrequencies(first satisfies PeriodicSpec), isLow => (isLow ? low : high));
  return { weight: 'layers.1.weight', omega: (activation['omega'] as number | undefined) ?? 1, limits };
};
