import { cos, defineActivation, mul, neg, sin, square, sub, tanh } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/**
 * s(x) = tanh(beta sin(omega x)), a sine for a small beta and a square wave for a large one. Serrano et al. 2024,
 * arXiv:2401.10967, equation 1; omega as in Wlodarczyk et al. 2026, arXiv:2601.07870. |s'| is at most beta omega.
 *
 * With u = beta sin(omega x), t = tanh(u) and g = 1 - t^2:
 *
 *     s' = g u'        s'' = g (u'' - 2 t u'^2)        s''' = g (u''' - 6 t u' u'' + (6 t^2 - 2) u'^3)
 */
export const hoscActivation: ActivationDefinition = defineActivation({
  kind: 'hosc',
  parameters: { beta: 1, omega: 1 },
  positive: ['beta', 'omega'],
  steepness: ({ beta, omega }) => beta * omega,
  derivatives(x, { beta, omega }) {
    const phase = mul(x, omega);
    const u = mul(sin(phase), beta);
    const first = mul(mul(cos(phase), beta), omega);
    const factor = neg(square(omega));
    const [second, third] = [mul(u, factor), mul(first, factor)];
    const t = tanh(u);
    const g = sub(1, square(t));
    const slope = square(first);
    const cubic = mul(sub(mul(square(t), 6), 2), mul(slope, first));
    return [
      t,
      mul(g, first),
      mul(g, sub(second, mul(mul(t, 2), slope))),
      mul(g, sub(third, sub(mul(mul(t, 6), mul(first, second)), cubic))),
    ];
  },
});
