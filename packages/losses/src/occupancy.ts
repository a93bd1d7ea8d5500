import type { PointLoss } from '@neural-fields/core';
import { assertFinite, assertOptions } from '@neural-fields/core/options';
import { mul, sigmoid, softplus, sub } from '@tensorflow/tfjs-core';
import { findValueTarget, weighted } from './targets.ts';

/** The options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** The name of the target, `f32[n, o]`, each in [0, 1]; `occupancy` if absent. */
  readonly target?: string;
  /** The name of a target that multiplies the losses; none if absent. The mean is over all points. */
  readonly weight?: string;
  /**
   * The logit is the field's value times this; 1 if absent. It is negative for a field that is a signed distance: -1 /
   * s for an edge of width s.
   */
  readonly scale?: number;
}

/**
 * The binary cross-entropy of an occupancy with the field as its logit: with z = scale Phi(x), -y log(sigmoid(z)) - (1
 * - y) log(1 - sigmoid(z)) = softplus(z) - y z, averaged over points and outputs; in nats. Its derivative by z is
 * sigmoid(z) - y. It is numerically stable for logits of any size.
 *
 * Mescheder et al. 2019, "Occupancy Networks", arXiv:1812.03828, equation 3.
 *
 * @throws RangeError when `scale` is not a finite number; when evaluated, if the points lack a target or its width is
 *   wrong
 */
export const binaryCrossEntropy = (options: BinaryCrossEntropyOptions = {}): PointLoss => {
  assertOptions('binaryCrossEntropy', options, { target: 1, weight: 1, scale: 1 });

  const { target = 'occupancy', weight, scale = 1 } = options;
  assertFinite('binaryCrossEntropy: scale', scale);
  const loss: PointLoss = ({ value }, { targets }) => {
    const logits = mul(value, scale);
    const occupancy = findValueTarget('binaryCrossEntropy', target, targets, value);
    return weighted('binaryCrossEntropy', sub(softplus(logits), mul(occupancy, logits)), targets, weight);
  };
  const tangent: PointLoss['tangent'] = ({ value }, direction, { targets }) => {
    const occupancy = findValueTarget('binaryCrossEntropy', target, targets, value);
    const derivatives = mul(sub(sigmoid(mul(value, scale)), occupancy), scale);
    return weighted('binaryCrossEntropy', mul(derivatives, direction.value), targets, weight);
  };
  return Object.assign(loss, { tangent });
};
