import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { add, cos, div, exp, mul, neg, sin, square, sub } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';

export interface ExpSinSpec extends ActivationSpec {
  readonly kind: 'exp-sin';
  /** The angular frequency, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/**
 * s(x) = exp(-sin(a x)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * With S = sin(a x), C = cos(a x) and r = C^2 + S:
 *
 *     s' = -a C s        s'' = a^2 r s        s''' = -a^2 (1 - 2 S - r) s'
 *
 * The phase loses precision for large |x|, as in `sineActivation`.
 */
export const expSinActivation: ActivationDefinition = defineActivation({
  kind: 'exp-sin',
  parameters: { a: 1 },
  positive: ['a'],
  steepness: ({ a }) => Math.abs(a),
  derivatives(x, { a }) {
    const [sine, cosine] = [sin(mul(x, a)), cos(mul(x, a))];
    const s = exp(neg(sine));
    const first = mul(mul(cosine, s), neg(a));
    const r = add(square(cosine), sine);
    return [s, first, mul(mul(r, s), square(a)), mul(mul(sub(add(r, mul(sine, 2)), 1), first), square(a))];
  },
  byParameter: (x, { a }, s) => ({ a: scaleDerivatives(x, s, div(1, a)) }),
});

/** s(x) = exp(-sin(a x)); a is 1 unless given. @throws RangeError when an option is wrong */
export const expSin = (options: ActivationOptions<'a'> = {}): ExpSinSpec => {
  assertOptions('expSin', options, { a: 1, learnable: 1 });
  return completeActivationSpec(expSinActivation, options) as ExpSinSpec;
};
