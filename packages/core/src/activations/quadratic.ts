import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { add, clip, div, mul, square, sub } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface QuadraticSpec extends ActivationSpec {
  readonly kind: 'quadratic';
  /** 1 / width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** REACH is finite in float32, REACH^2 is not. */
const REACH = 1e30;

/**
 * s(x) = 1 / (1 + (a x)^2). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * With u = a x, and u^2 s = 1 - s to eliminate powers that overflow:
 *
 *     s' = -2 a u s^2        s'' = 2 a^2 s^2 (3 - 4 s)        s''' = 24 a^3 u s^3 (2 s - 1)        s'''' = 24 a^4 s^3 (5 - 20 s + 16 s^2)
 */
export const quadraticActivation: ActivationDefinition = defineActivation({
  kind: 'quadratic',
  parameters: { a: 1 },
  positive: ['a'],
  steepness: ({ a }) => Math.abs(a),
  derivatives(x, { a }) {
    const u = mul(x, a);
    const s = div(1, add(square(u), 1));
    const us = mul(clip(u, -REACH, REACH), s); // where u could overflow, s is 0
    const first = mul(mul(us, s), mul(a, -2));
    return [
      s,
      first,
      mul(mul(square(s), sub(3, mul(s, 4))), mul(square(a), 2)),
      mul(mul(mul(first, s), sub(1, mul(s, 2))), mul(square(a), 12)),
    ];
  },
  byParameter: (x, { a }, s) => ({ a: scaleDerivatives(x, s, div(1, a)) }),
  fourth(x, { a }, derivatives) {
    const [s, , , third] = derivatives;
    const polynomial = add(mul(s, sub(mul(s, 16), 20)), 5);
    const value = mul(mul(mul(square(s), s), polynomial), mul(square(square(a)), 24));
    return { value, byParameter: { a: scaleThird(x, third, value, div(1, a)) } };
  },
});

/** s(x) = 1 / (1 + (a x)^2); a is 1 unless given. @throws RangeError when an option is wrong */
export const quadratic = (options: ActivationOptions<'a'> = {}): QuadraticSpec => {
  assertOptions('quadratic', options, { a: 1, learnable: 1 });
  return completeActivationSpec(quadraticActivation, options) as QuadraticSpec;
};
