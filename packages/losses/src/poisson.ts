/**
 * @file Poisson's equation: a field that is known by its derivatives alone. Sitzmann et al. 2020, arXiv:2006.09661, section 4.1.
 *
 * Derivatives do not see a constant, and a Laplacian does not see any harmonic function: what is recovered is the image up to those. `offsetFit`
 * and `affineFit` make the comparison with the truth.
 *
 * Targets are per unit of coordinate. The authors instead take discrete filters times a factor, Sobel times 10 and Laplace times 1e4: with N pixels
 * over [-1, 1], whose step is h = 2 / (N - 1), those are 80 h and 1e4 h^2 times the derivatives (0.63 and 0.62 for N = 256), and so is the field
 * that is recovered times the image. The affine fit takes that factor off.
 */
import { add, mul, squaredDifference, type Tensor2D } from '@tensorflow/tfjs-core';
import { assertWeight } from './assert.ts';
import { gradientError } from './gradient-error.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { findTarget, type Targets } from './targets.ts';

/** Which target the derivative is compared with. */
export interface PoissonOptions {
  /** `gradient` for gradients, `laplacian` for Laplacians, if absent. */
  readonly target?: string;
}

/** The options of {@link poisson}. */
export interface PoissonBothOptions {
  /** `gradient` if absent. */
  readonly gradientTarget?: string;
  /** `laplacian` if absent. */
  readonly laplacianTarget?: string;
  /** 1 if absent. */
  readonly gradientWeight?: number;
  /** 1 if absent. In squared units of coordinate. */
  readonly laplacianWeight?: number;
}

const laplacianError = (loss: string, name: string, targets: Targets, laplacian: Tensor2D): Tensor2D =>
  squaredDifference(laplacian, findTarget(loss, name, targets, { widths: [laplacian.shape[1]], as: "as the field's Laplacian" }));

/**
 * Supervision by the gradient: sum_k (d Phi / dx_k - g_k)^2, averaged over points and outputs.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.1. The target is `f32[n, d o]`, that of output j along coordinate k in column k o + j.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const poissonGradient = ({ target = 'gradient' }: PoissonOptions = {}): JetLoss<{ readonly gradient: true }> =>
  jetLoss(
    'poissonGradient',
    { gradient: true },
    ({ gradient }, { targets }) => gradientError('poissonGradient', target, targets, gradient),
    { errors: [{ of: 'gradient', target }], penalty: { kind: 'squared' } },
  );

/**
 * Supervision by the Laplacian: (laplacian Phi - l)^2, averaged over points and outputs. The target is `f32[n, o]`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.1.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const poissonLaplacian = ({ target = 'laplacian' }: PoissonOptions = {}): JetLoss<{ readonly laplacian: true }> =>
  jetLoss(
    'poissonLaplacian',
    { laplacian: true },
    ({ laplacian }, { targets }) => laplacianError('poissonLaplacian', target, targets, laplacian),
    { errors: [{ of: 'laplacian', target }], penalty: { kind: 'squared' } },
  );

/**
 * Supervision by both: gradientWeight sum_k (d Phi / dx_k - g_k)^2 + laplacianWeight (laplacian Phi - l)^2, averaged over points and outputs.
 *
 * @throws RangeError when a weight is negative; when evaluated, if the points lack a target or its width is wrong
 */
export const poisson = (options: PoissonBothOptions = {}): JetLoss<{ readonly gradient: true; readonly laplacian: true }> => {
  const { gradientTarget = 'gradient', laplacianTarget = 'laplacian', gradientWeight = 1, laplacianWeight = 1 } = options;
  assertWeight('poisson: gradientWeight', gradientWeight);
  assertWeight('poisson: laplacianWeight', laplacianWeight);
  return jetLoss(
    'poisson',
    { gradient: true, laplacian: true },
    ({ gradient, laplacian }, { targets }) =>
      add(
        mul(gradientError('poisson', gradientTarget, targets, gradient), gradientWeight),
        mul(laplacianError('poisson', laplacianTarget, targets, laplacian), laplacianWeight),
      ),
    {
      errors: [
        { of: 'gradient', target: gradientTarget, factor: gradientWeight },
        { of: 'laplacian', target: laplacianTarget, factor: laplacianWeight },
      ],
      penalty: { kind: 'squared' },
    },
  );
};
