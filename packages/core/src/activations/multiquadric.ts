import { add, clipByValue, mul, neg, reciprocal, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';

export interface MultiquadricSpec extends ActivationSpec {
  readonly kind: 'multiquadric';
  /** One over the width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** (REACH^2 overflows to infinity in float32, REACH does not.) */
const REACH = 1e30;

/**
 * s(x) = 1 / sqrt(1 + (a x)^2). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * With u = a x, and u^2 s^2 = 1 - s^2 to get rid of powers that overflow:
 *
 *     s' = -a u s^3        s'' = a^2 s^3 (2 - 3 s^2)        s''' = 3 a^3 u s^5 (5 s^2 - 2)
 *
 * Where u^2 overflows (|u| > 1.8e19) s is 0 instead of 1 / |u| < 6e-20.
 */
export const multiquadricActivation: ActivationDefinition = {
  kind: 'multiquadric',
  parameters: { a: 1 },
  positive: ['a'],
  derivatives(x, { a }, order) {
    const u = mul(x, a as Tensor);
    const s = rsqrt(add(square(u), 1));
    const values: Tensor[] = [s];
    if (order === 0) return values;
    const aa = square(a as Tensor);
    const ss = square(s);
    const us = mul(clipByValue(u, -REACH, REACH), s); // where u could overflow, s is 0
    const slope = mul(mul(us, ss), neg(a as Tensor));
    values.push(slope);
    if (order >= 2) values.push(mul(mul(mul(s, ss), sub(2, mul(ss, 3))), aa));
    if (order >= 3) values.push(mul(mul(slope, ss), mul(sub(2, mul(ss, 5)), mul(aa, 3))));
    return values;
  },
  parameterDerivatives: (_parameter, x, { a }, values) => scaleDerivatives(x, values, reciprocal(a as Tensor)),
};

/** s(x) = 1 / sqrt(1 + (a x)^2); a is 1 unless given. @throws RangeError when an option is wrong */
export const multiquadric = (options: ActivationOptions<'a'> = {}): MultiquadricSpec =>
  completeActivationSpec(multiquadricActivation, options) as MultiquadricSpec;
