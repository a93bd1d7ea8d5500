import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { add, mul } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';
import { sigmoidDerivatives } from './sigmoid.ts';

export interface SiluSpec extends ActivationSpec {
  readonly kind: 'silu';
}

/**
 * s(x) = x p(x) with the sigmoid p, also called swish. Elfwing, Uchibe and Doya 2017, arXiv:1702.03118, equation 1.
 *
 * s^(k) = k p^(k-1) + x p^(k).
 */
export const siluActivation: ActivationDefinition = defineActivation({
  kind: 'silu',
  derivatives(x) {
    const [p, p1, p2, p3] = sigmoidDerivatives(x);
    return [mul(x, p), add(p, mul(x, p1)), add(mul(p1, 2), mul(x, p2)), add(mul(p2, 3), mul(x, p3))];
  },
});

/** s(x) = x / (1 + exp(-x)). */
export const silu = (): SiluSpec => Object.freeze({ kind: 'silu' });
