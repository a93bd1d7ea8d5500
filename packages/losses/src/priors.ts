/** @file Priors on the field itself, for points without targets. */
import { pointwiseLoss } from '@neural-fields/core';
import { assertOneOf, assertOptions } from '@neural-fields/core/options';
import { div, maximum, mul, sign, sqrt, square, step, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, absoluteValue } from './penalty.ts';

/**
 * The squared norm is clamped to at least this, with a zero gradient below it: the gradient of the square root would
 * overflow.
 */
const MIN_SQUARED_NORM = 1e-24;

/** The options of {@link totalVariation}. */
export interface TotalVariationOptions {
  /**
   * `separate` if absent: |d Phi_o / d x_k| of every output o. `summed`: |sum_o d Phi_o / d x_k|, which is what the
   * paper's code computes for colours; changes of the channels that cancel cost nothing.
   */
  readonly channels?: 'separate' | 'summed';
}

/**
 * Total variation: |d Phi / d x_k|, averaged over points, coordinates and outputs; in units of value per coordinate
 * unit.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting, as implemented in its code: the anisotropic form,
 * with the mean over coordinates rather than the sum. Rudin, Osher and Fatemi 1992 for the prior itself.
 *
 * @throws RangeError when `channels` is unknown
 */
export const totalVariation = (options: TotalVariationOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('totalVariation', options, { channels: 1 });
  const { channels = 'separate' } = options;
  assertOneOf('totalVariation: channels', channels, ['separate', 'summed']);
  const request = { gradient: true } as const;
  if (channels === 'separate')
    return jetLoss(
      'totalVariation',
      request,
      pointwiseLoss(
        { errors: [{ of: 'gradient', factor: inFeatures => 1 / inFeatures }], penalty: absolute },
        { name: 'totalVariation' },
      ),
    );
  return jetLoss(
    'totalVariation',
    request,
    ({ gradient }): Tensor => absoluteValue(sum(gradient, 2)),
    ({ gradient }, direction): Tensor => mul(sign(sum(gradient, 2)), sum(direction.gradient, 2)),
  );
};

/** The options of {@link frobeniusHessian}. */
export interface FrobeniusHessianOptions {
  /** `separate` if absent: a norm for each output. `joint`: one norm over all outputs, as the paper's code has it. */
  readonly channels?: 'separate' | 'joint';
}

/**
 * The Frobenius norm of the Hessian: sqrt(sum_kl (d2 Phi / dx_k dx_l)^2), averaged over points and outputs; in units of
 * value per squared coordinate unit.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting. Lefkimmiatis et al. 2012, "Hessian-Based Norm
 * Regularization for Image Restoration". Where the Hessian vanishes, as it does everywhere for ReLU networks, the
 * gradient is 0.
 *
 * @throws RangeError when `channels` is unknown
 */
export const frobeniusHessian = (options: FrobeniusHessianOptions = {}): JetLoss<{ readonly hessian: true }> => {
  assertOptions('frobeniusHessian', options, { channels: 1 });
  const { channels = 'separate' } = options;
  assertOneOf('frobeniusHessian: channels', channels, ['separate', 'joint']);
  const axes = channels === 'joint' ? [1, 2, 3] : [1, 2];
  return jetLoss(
    'frobeniusHessian',
    { hessian: true },
    ({ hessian }): Tensor => sqrt(maximum(sum(square(hessian), axes), MIN_SQUARED_NORM)),
    ({ hessian }, direction): Tensor => {
      const size = sum(square(hessian), axes);
      const derivative = div(sum(mul(hessian, direction.hessian), axes), sqrt(maximum(size, MIN_SQUARED_NORM)));
      return mul(derivative, step(sub(size, MIN_SQUARED_NORM)));
    },
  );
};
