import { add, minimum, mul, step, sub, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';

export interface PreluSpec extends ActivationSpec {
  readonly kind: 'prelu';
  /** The slope for x < 0. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/**
 * s(x) = x for x > 0, a x for x <= 0. He et al. 2015, arXiv:1502.01852, equation 1; the default a = 0.25 is that of their section 2.1.
 *
 * s' = 1 for x > 0 and a for x <= 0, so s'(0) = a as in PyTorch; s'' = s''' = 0 everywhere.
 */
export const preluActivation: ActivationDefinition = {
  kind: 'prelu',
  parameters: { a: 0.25 },
  derivatives(x, { a }, order) {
    const positive = step(x);
    const slope = add(positive, mul(sub(1, positive), a as Tensor)); // exactly 1 or a
    const values: Tensor[] = [mul(x, slope)];
    if (order >= 1) values.push(slope);
    for (let k = 2; k <= order; k++) values.push(zerosLike(x));
    return values;
  },
  parameterDerivatives(_parameter, x, _parameters, values) {
    const derivatives: Tensor[] = [minimum(x, 0)];
    if (values.length > 2) derivatives.push(sub(1, step(x)));
    for (let k = 3; k < values.length; k++) derivatives.push(zerosLike(x));
    return derivatives;
  },
};

/** s(x) = x for x > 0, a x otherwise; a is 0.25 unless given. @throws RangeError when an option is wrong */
export const prelu = (options: ActivationOptions<'a'> = {}): PreluSpec =>
  completeActivationSpec(preluActivation, options) as PreluSpec;
