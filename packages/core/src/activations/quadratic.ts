import { add, clipByValue, mul, reciprocal, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';

export interface QuadraticSpec extends ActivationSpec {
  readonly kind: 'quadratic';
  /** One over the width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** (REACH^2 overflows to infinity in float32, REACH does not.) */
const REACH = 1e30;

/**
 * s(x) = 1 / (1 + (a x)^2). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * With u = a x, and u^2 s = 1 - s to get rid of powers that overflow:
 *
 *     s' = -2 a u s^2        s'' = 2 a^2 s^2 (3 - 4 s)        s''' = 24 a^3 u s^3 (2 s - 1)
 */
export const quadraticActivation: ActivationDefinition = {
  kind: 'quadratic',
  parameters: { a: 1 },
  positive: ['a'],
  derivatives(x, { a }, order) {
    const u = mul(x, a as Tensor);
    const s = reciprocal(add(square(u), 1));
    const values: Tensor[] = [s];
    if (order === 0) return values;
    const aa = square(a as Tensor);
    const us = mul(clipByValue(u, -REACH, REACH), s); // where u could overflow, s is 0
    const slope = mul(mul(us, s), mul(a as Tensor, -2));
    values.push(slope);
    if (order >= 2) values.push(mul(mul(square(s), sub(3, mul(s, 4))), mul(aa, 2)));
    if (order >= 3) values.push(mul(mul(slope, s), mul(sub(1, mul(s, 2)), mul(aa, 12))));
    return values;
  },
  parameterDerivatives: (_parameter, x, { a }, values) => scaleDerivatives(x, values, reciprocal(a as Tensor)),
};

/** s(x) = 1 / (1 + (a x)^2); a is 1 unless given. @throws RangeError when an option is wrong */
export const quadratic = (options: ActivationOptions<'a'> = {}): QuadraticSpec =>
  completeActivationSpec(quadraticActivation, options) as QuadraticSpec;
