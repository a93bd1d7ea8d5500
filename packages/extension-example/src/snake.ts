import { add, defineActivation, div, mul, sin, square } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/**
 * s(x) = x + sin(a x)^2 / a. Ziyin et al. 2020, arXiv:2006.08195, equation 3. Its derivatives, including that with
 * respect to a, are computed from the formula.
 */
export const snake: ActivationDefinition = defineActivation({
  kind: 'snake',
  parameters: { a: 1 },
  positive: ['a'],
  value: (x, { a }) => add(x, div(square(sin(mul(a, x))), a)),
});
