import { abs, add, defineActivation, exp, mul, neg, sin, square } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/**
 * s(x) = exp(-(scale sin(omega (|x| + 1) x))^2), the Gaussian of FINER++. Zhu et al. 2024, arXiv:2407.19434, section 4.
 *
 * Its derivatives are the true ones; the authors' code treats |x| + 1 as a constant. At x = 0, sign(0) = 0 gives the
 * means of both sides.
 */
export const finerGaussianActivation: ActivationDefinition = defineActivation({
  kind: 'finer-gaussian',
  parameters: { omega: 1, scale: 1 },
  positive: ['omega', 'scale'],
  steepness: ({ omega, scale }) => omega * scale,
  value: (x, { omega, scale }) => exp(neg(square(mul(sin(mul(mul(add(abs(x), 1), x), omega)), scale)))),
});
