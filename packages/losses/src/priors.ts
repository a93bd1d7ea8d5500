/** @file Priors on the field itself, for points without targets. */
import { pointwiseLoss } from '@neural-fields/core';
import { div, maximum, mul, sqrt, square, step, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute } from './penalty.ts';

/**
 * The squared norm is clamped to at least this, with a zero gradient below it: the gradient of the square root would
 * overflow.
 */
const MIN_SQUARED_NORM = 1e-24;

/**
 * Total variation: |d Phi / d x_k|, averaged over points, coordinates and outputs; in units of value per coordinate
 * unit.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting, as implemented in its code: the anisotropic form,
 * with the mean over coordinates rather than the sum. Rudin, Osher and Fatemi 1992 for the prior itself.
 */
export const totalVariation = (): JetLoss<{ readonly gradient: true }> =>
  jetLoss(
    'totalVariation',
    { gradient: true },
    pointwiseLoss(
      { errors: [{ of: 'gradient', factor: inFeatures => 1 / inFeatures }], penalty: absolute },
      { name: 'totalVariation' },
    ),
  );

/**
 * The Frobenius norm of the Hessian: sqrt(sum_kl (d2 Phi / dx_k dx_l)^2), averaged over points and outputs; in units of
 * value per squared coordinate unit.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting. Lefkimmiatis et al. 2012, "Hessian-Based Norm
 * Regularization for Image Restoration". Where the Hessian vanishes, as it does everywhere for ReLU networks, the
 * gradient is 0.
 */
export const frobeniusHessian = (): JetLoss<{ readonly hessian: true }> =>
  jetLoss(
    'frobeniusHessian',
    { hessian: true },
    ({ hessian }): Tensor => sqrt(maximum(sum(square(hessian), [1, 2]), MIN_SQUARED_NORM)),
    ({ hessian }, direction): Tensor => {
      const size = sum(square(hessian), [1, 2]);
      const derivative = div(sum(mul(hessian, direction.hessian), [1, 2]), sqrt(maximum(size, MIN_SQUARED_NORM)));
      return mul(derivative, step(sub(size, MIN_SQUARED_NORM)));
    },
  );
