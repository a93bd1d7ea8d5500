import type { PointLoss } from '@neural-fields/core';
import { mul, sigmoid, softplus, sub } from '@tensorflow/tfjs-core';
import { assertFinite } from './assert.ts';
import { findValueTarget, weighted } from './targets.ts';

/** The options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** The name of the target, `f32[n, o]`, each in [0, 1]; `occupancy` if absent. */
  readonly target?: string;
  /** The name of a target that multiplies the losses; none if absent. The mean is over all points. */
  readonly weight?: string;
  /**
   * The logit is this times the field's value; 1 if absent. Negative for a field that is a signed distance: -1 / s for
   * an edge as wide as s.
   */
  readonly scale?: number;
}

/**
 * The cross entropy of an occupancy whose logit is the field: with z = scale Phi(x), -y log(sigmoid(z)) - (1 - y) log(1
 * - sigmoid(z)) = softplus(z) - y z, averaged over points and outputs; in nats. Its slope is sigmoid(z) - y, and it
 * neither overflows nor vanishes for logits of any size.
 *
 * Mescheder et al. 2019, "Occupancy Networks", arXiv:1812.03828, equation 3.
 *
 * @throws RangeError when `scale` is not a finite number; when evaluated, if the points lack a target or its width is
 *   wrong
 */
export const binaryCrossEntropy = (options: BinaryCrossEntropyOptions = {}): PointLoss => {
  const { target = 'occupancy', weight, scale = 1 } = options;
  assertFinite('binaryCrossEntropy: scale', scale);
  const loss: PointLoss = ({ value }, { targets }) => {
    const logits = mul(value, scale);
    const occupancy = findValueTarget('binaryCrossEntropy', target, targets, value);
    return weighted('binaryCrossEntropy', sub(softplus(logits), mul(occupancy, logits)), targets, weight);
  };
  const tangent: PointLoss['tangent'] = ({ value }, moved, { targets }) => {
    const occupancy = findValueTarget('binaryCrossEntropy', target, targets, value);
    const slopes = mul(sub(sigmoid(mul(value, scale)), occupancy), scale);
    return weighted('binaryCrossEntropy', mul(slopes, moved.value), targets, weight);
  };
  return Object.assign(loss, { tangent });
};
