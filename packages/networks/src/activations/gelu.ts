import { add, clip, defineActivation, mul, sigmoid, square } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/** Beyond it, the gate is 0 or 1 in float32. */
const REACH = 10;

/**
 * s(x) = x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), within 5e-4 of x Phi(x), with the distribution function Phi of
 * N(0, 1). Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2.
 */
export const geluActivation: ActivationDefinition = defineActivation({
  kind: 'gelu',
  value: x => {
    const near = clip(x, -REACH, REACH);
    const cubic = add(near, mul(mul(square(near), near), 0.044715));
    return mul(x, sigmoid(mul(cubic, 2 * Math.sqrt(2 / Math.PI))));
  },
});
