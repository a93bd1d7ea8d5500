import { cos, defineActivation, mul, neg, sin, square } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/**
 * s(x) = cos(omega x), the sine a quarter turn ahead. The derivative of a SIREN is a network of these: Sitzmann et al.
 * 2020, arXiv:2006.09661, section 3.1.
 */
export const cosineActivation: ActivationDefinition = defineActivation({
  kind: 'cosine',
  parameters: { omega: 1 },
  positive: ['omega'],
  steepness: ({ omega }) => omega,
  derivatives(x, { omega }) {
    const value = cos(mul(x, omega));
    const first = mul(sin(mul(x, omega)), neg(omega));
    const factor = neg(square(omega));
    return [value, first, mul(value, factor), mul(first, factor)];
  },
});
