import { mul, square, sub, type Tensor, tanh as tanhOf } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';

export interface TanhSpec extends ActivationSpec {
  readonly kind: 'tanh';
}

/** s(x) = tanh(x). s' = 1 - s^2, s'' = -2 s s', s''' = s' (4 - 6 s'). */
export const tanhActivation: ActivationDefinition = {
  kind: 'tanh',
  parameters: {},
  derivatives(x, _parameters, order) {
    const t = tanhOf(x);
    if (order === 0) return [t];
    const slope = sub(1, square(t));
    const values: Tensor[] = [t, slope];
    if (order >= 2) values.push(mul(mul(t, slope), -2));
    if (order >= 3) values.push(mul(slope, sub(4, mul(slope, 6))));
    return values;
  },
};

/** s(x) = tanh(x). */
export const tanh = (): TanhSpec => Object.freeze({ kind: 'tanh' });
