import { abs, exp, mul, neg, reciprocal, square, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';
import { signOf } from './sign.ts';

export interface LaplacianSpec extends ActivationSpec {
  readonly kind: 'laplacian';
  /** The width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/**
 * s(x) = exp(-|x| / a). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * s' = -sign(x) s / a, s'' = s / a^2, s''' = s' / a^2. At the kink x = 0, sign(0) = 0 as in PyTorch, so s'(0) = s'''(0) = 0, the mean of
 * both sides; s''(0) = 1 / a^2, the limit from both sides (the delta is left out).
 */
export const laplacianActivation: ActivationDefinition = {
  kind: 'laplacian',
  parameters: { a: 1 },
  positive: ['a'],
  derivatives(x, { a }, order) {
    const rate = neg(reciprocal(a as Tensor));
    const values: Tensor[] = [exp(mul(abs(x), rate))];
    if (order >= 1) values.push(mul(values[0] as Tensor, mul(signOf(x), rate)));
    if (order >= 2) {
      const factor = square(rate);
      for (let k = 2; k <= order; k++) values.push(mul(values[k - 2] as Tensor, factor));
    }
    return values;
  },
  parameterDerivatives: (_parameter, x, { a }, values) => scaleDerivatives(x, values, neg(reciprocal(a as Tensor))),
};

/**
 * s(x) = exp(-|x| / a), the activation of kind `laplacian`; a is 1 unless given. (`laplacian` itself names the differential operator.)
 *
 * @throws RangeError when an option is wrong
 */
export const laplace = (options: ActivationOptions<'a'> = {}): LaplacianSpec =>
  completeActivationSpec(laplacianActivation, options) as LaplacianSpec;
