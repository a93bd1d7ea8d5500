/** @file Priors on the field alone, for points without targets. */
import { pointwiseLoss } from '@neural-fields/core';
import { div, maximum, mul, sqrt, square, step, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute } from './penalty.ts';

/** Below this the square root's slope would overflow: a norm of 1e-12 or less counts as that, and has no gradient. */
const LEAST_SQUARE = 1e-24;

/**
 * Total variation: |d Phi / d x_k|, averaged over points, coordinates and outputs; in units of value per unit of
 * coordinate.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting, as its code has it: the anisotropic form, the mean
 * over coordinates and not their sum. Rudin, Osher and Fatemi 1992 for the prior itself.
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
 * value per squared unit of coordinate.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting. Lefkimmiatis et al. 2012, "Hessian-Based Norm
 * Regularization for Image Restoration". Where the Hessian vanishes, as it does everywhere for ReLU networks, the
 * gradient is 0.
 */
export const frobeniusHessian = (): JetLoss<{ readonly hessian: true }> =>
  jetLoss(
    'frobeniusHessian',
    { hessian: true },
    ({ hessian }): Tensor => sqrt(maximum(sum(square(hessian), [1, 2]), LEAST_SQUARE)),
    ({ hessian }, moved): Tensor => {
      const size = sum(square(hessian), [1, 2]);
      const slope = div(sum(mul(hessian, moved.hessian), [1, 2]), sqrt(maximum(size, LEAST_SQUARE)));
      return mul(slope, step(sub(size, LEAST_SQUARE)));
    },
  );
