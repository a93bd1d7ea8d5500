import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { mul, square, sub, tanh as tanhOf } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';

export interface TanhSpec extends ActivationSpec {
  readonly kind: 'tanh';
}

/** s(x) = tanh(x). s' = 1 - s^2, s'' = -2 s s', s''' = s' (4 - 6 s'). */
export const tanhActivation: ActivationDefinition = defineActivation({
  kind: 'tanh',
  derivatives(x) {
    const t = tanhOf(x);
    const first = sub(1, square(t));
    return [t, first, mul(mul(t, first), -2), mul(first, sub(4, mul(first, 6)))];
  },
});

/** s(x) = tanh(x). */
export const tanh = (): TanhSpec => Object.freeze({ kind: 'tanh' });
