import { add, cos, exp, mul, neg, reciprocal, sin, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';

export interface ExpSinSpec extends ActivationSpec {
  readonly kind: 'expsin';
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
 * The phase loses its digits as that of `sineActivation` does.
 */
export const expSinActivation: ActivationDefinition = {
  kind: 'expsin',
  parameters: { a: 1 },
  positive: ['a'],
  derivatives(x, { a }, order) {
    const phase = mul(x, a as Tensor);
    const sine = sin(phase);
    const values: Tensor[] = [exp(neg(sine))];
    if (order === 0) return values;
    const cosine = cos(phase);
    const slope = mul(mul(cosine, values[0] as Tensor), neg(a as Tensor));
    values.push(slope);
    if (order === 1) return values;
    const aa = square(a as Tensor);
    const r = add(square(cosine), sine);
    values.push(mul(mul(r, values[0] as Tensor), aa));
    if (order === 3) values.push(mul(mul(sub(add(r, mul(sine, 2)), 1), slope), aa));
    return values;
  },
  parameterDerivatives: (_parameter, x, { a }, values) => scaleDerivatives(x, values, reciprocal(a as Tensor)),
};

/** s(x) = exp(-sin(a x)); a is 1 unless given. @throws RangeError when an option is wrong */
export const expSin = (options: ActivationOptions<'a'> = {}): ExpSinSpec =>
  completeActivationSpec(expSinActivation, options) as ExpSinSpec;
