/**
 * @file Poisson's equation: a field that is supervised by its derivatives alone. Sitzmann et al. 2020,
 *   arXiv:2006.09661, section 4.1.
 *
 * A gradient determines an image up to a constant, and a Laplacian up to a harmonic function. `offsetFit` and
 * `affineFit` align the reconstruction with the truth for a comparison.
 *
 * Targets are per coordinate unit. The authors instead use discrete filters times a factor, the Sobel filter times 10
 * and the Laplacian times 1e4: with N pixels over [-1, 1], whose step is h = 2 / (N - 1), those are 80 h and 1e4 h^2
 * times the derivatives (0.63 and 0.62 for N = 256), and the recovered field is the image times the same factor. The
 * affine fit removes that factor.
 */

import { pointwiseLoss } from '@neural-fields/core';
import { assertNonNegative, assertOptions } from '@neural-fields/core/options';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { squared } from './penalty.ts';

/** The name of the target that the derivative is compared with. */
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
  /** 1 if absent. In squared coordinate units. */
  readonly laplacianWeight?: number;
}

/**
 * Supervision by the gradient: sum_k (d Phi / dx_k - g_k)^2, averaged over points and outputs.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.1. The target is `f32[n, d o]`, that of output j along coordinate k
 * in column k o + j.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const poissonGradient = (options: PoissonOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('poissonGradient', options, { target: 1 });
  const { target = 'gradient' } = options;
  return jetLoss(
    'poissonGradient',
    { gradient: true },
    pointwiseLoss({ errors: [{ of: 'gradient', target }], penalty: squared }, { name: 'poissonGradient' }),
  );
};

/**
 * Supervision by the Laplacian: (laplacian Phi - l)^2, averaged over points and outputs. The target is `f32[n, o]`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.1.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const poissonLaplacian = (options: PoissonOptions = {}): JetLoss<{ readonly laplacian: true }> => {
  assertOptions('poissonLaplacian', options, { target: 1 });
  const { target = 'laplacian' } = options;
  return jetLoss(
    'poissonLaplacian',
    { laplacian: true },
    pointwiseLoss({ errors: [{ of: 'laplacian', target }], penalty: squared }, { name: 'poissonLaplacian' }),
  );
};

/**
 * Supervision by both: gradientWeight sum_k (d Phi / dx_k - g_k)^2 + laplacianWeight (laplacian Phi - l)^2, averaged
 * over points and outputs.
 *
 * @throws RangeError when a weight is negative; when evaluated, if the points lack a target or its width is wrong
 */
export const poisson = (
  options: PoissonBothOptions = {},
): JetLoss<{ readonly gradient: true; readonly laplacian: true }> => {
  assertOptions('poisson', options, { gradientTarget: 1, laplacianTarget: 1, gradientWeight: 1, laplacianWeight: 1 });

  const {
    gradientTarget = 'gradient',
    laplacianTarget = 'laplacian',
    gradientWeight = 1,
    laplacianWeight = 1,
  } = options;
  assertNonNegative('poisson: gradientWeight', gradientWeight);
  assertNonNegative('poisson: laplacianWeight', laplacianWeight);
  const errors = [
    { of: 'gradient', target: gradientTarget, factor: gradientWeight },
    { of: 'laplacian', target: laplacianTarget, factor: laplacianWeight },
  ] as const;
  const losses = pointwiseLoss({ errors, penalty: squared }, { name: 'poisson' });
  return jetLoss('poisson', { gradient: true, laplacian: true }, losses);
};
