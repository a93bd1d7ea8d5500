import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { abs, div, exp, mul, sign, square } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface LaplaceSpec extends ActivationSpec {
  readonly kind: 'laplace';
  /** The width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/**
 * s(x) = exp(-|x| / a). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * s' = -sign(x) s / a, s'' = s / a^2, s''' = s' / a^2, s'''' = s / a^4. At the kink x = 0, sign(0) = 0 as in PyTorch,
 * so s'(0) = s'''(0) = 0, the mean of both sides; s''(0) = 1 / a^2, the limit from both sides (the Dirac delta is
 * omitted).
 */
export const laplaceActivation: ActivationDefinition = defineActivation({
  kind: 'laplace',
  parameters: { a: 1 },
  positive: ['a'],
  steepness: ({ a }) => 1 / Math.abs(a),
  derivatives(x, { a }) {
    const rate = div(-1, a);
    const s = exp(mul(abs(x), rate));
    const first = mul(s, mul(sign(x), rate));
    return [s, first, mul(s, square(rate)), mul(first, square(rate))];
  },
  byParameter: (x, { a }, s) => ({ a: scaleDerivatives(x, s, div(-1, a)) }),
  fourth(x, { a }, [, , second, third]) {
    const value = mul(second, square(div(1, a)));
    return { value, byParameter: { a: scaleThird(x, third, value, div(-1, a)) } };
  },
});

/** s(x) = exp(-|x| / a); a is 1 unless given. @throws RangeError when an option is wrong */
export const laplace = (options: ActivationOptions<'a'> = {}): LaplaceSpec => {
  assertOptions('laplace', options, { a: 1, learnable: 1 });
  return completeActivationSpec(laplaceActivation, options) as LaplaceSpec;
};
