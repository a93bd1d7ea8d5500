/** @file Supervision by known distances: signed and truncated, or unsigned. */

import type { PointLoss } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { clipByValue, div, sub } from '@tensorflow/tfjs-core';
import { absolute, absoluteValue, type Penalty, penalise } from './penalty.ts';
import { findValueTarget, weighted } from './targets.ts';

/** The options of {@link truncatedDistance}. */
export interface TruncatedDistanceOptions {
  /** t, the distance at which both distances are clamped. */
  readonly truncation: number;
  /** The name of the target with signed distances, `f32[n, o]`; `sdf` if absent. */
  readonly target?: string;
  /** The name of a target that multiplies the losses; none if absent. The mean is over all points. */
  readonly weight?: string;
  /** Absolute if absent. */
  readonly penalty?: Penalty;
}

/**
 * The error of truncated signed distances: |tsdf(Phi(x)) - tsdf(s(x))| with tsdf(d) = max(-1, min(1, d / t)), averaged
 * over points and outputs. Beyond the truncation only the sign matters; where the field itself is beyond it the
 * gradient is 0, even if the sign is wrong.
 *
 * Park et al. 2019, "DeepSDF", arXiv:1901.05103, equation 4, over t.
 *
 * @throws RangeError when `truncation` is not a positive number; when evaluated, if the points lack a target or its
 *   width is wrong
 */
export const truncatedDistance = (options: TruncatedDistanceOptions): PointLoss => {
  assertOptions('truncatedDistance', options, { truncation: 1, target: 1, weight: 1, penalty: 1 });

  const { truncation, target = 'sdf', weight, penalty = absolute } = options;
  assertPositive('truncatedDistance: truncation', truncation);
  return ({ value }, { targets }) => {
    const distance = findValueTarget('truncatedDistance', target, targets, value);
    const [got, wanted] = [value, distance].map(each => clipByValue(div(each, truncation), -1, 1)) as [
      typeof value,
      typeof value,
    ];
    return weighted('truncatedDistance', penalise(penalty, sub(got, wanted)), targets, weight);
  };
};

/** The options of {@link signAgnosticDistance}. */
export interface SignAgnosticDistanceOptions {
  /** The name of the target with distances >= 0, `f32[n, o]`; `distance` if absent. */
  readonly target?: string;
  /** The name of a target that multiplies the losses; none if absent. The mean is over all points. */
  readonly weight?: string;
  /** Absolute if absent. */
  readonly penalty?: Penalty;
}

/**
 * The error of unsigned distances: ||Phi(x)| - h(x)|, averaged over points and outputs. The initial field determines
 * the sign, so initialise it to the distance of a ball.
 *
 * Atzmon and Lipman 2020, "SAL: Sign Agnostic Learning of Shapes from Raw Data", arXiv:1911.10414, equation 4.
 *
 * @throws RangeError when evaluated, if the points lack a target or its width is wrong
 */
export const signAgnosticDistance = (options: SignAgnosticDistanceOptions = {}): PointLoss => {
  assertOptions('signAgnosticDistance', options, { target: 1, weight: 1, penalty: 1 });
  const { target = 'distance', weight, penalty = absolute } = options;
  return ({ value }, { targets }) => {
    const distance = findValueTarget('signAgnosticDistance', target, targets, value);
    return weighted('signAgnosticDistance', penalise(penalty, sub(absoluteValue(value), distance)), targets, weight);
  };
};
