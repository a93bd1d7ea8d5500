import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { add, clip, div, mul, neg, sqrt, square, sub } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface MultiquadricSpec extends ActivationSpec {
  readonly kind: 'multiquadric';
  /** 1 / width, positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** REACH is finite in float32, REACH^2 is not. */
const REACH = 1e30;

/**
 * s(x) = 1 / sqrt(1 + (a x)^2). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 *
 * With u = a x, and u^2 s^2 = 1 - s^2 to eliminate powers that overflow:
 *
 *     s' = -a u s^3        s'' = a^2 s^3 (2 - 3 s^2)        s''' = 3 a^3 u s^5 (5 s^2 - 2)        s'''' = a^4 s^5 (9 s^4 - 72 w s^2 + 24 w^2), w = (u s)^2
 *
 * Where u^2 overflows (|u| > 1.8e19) s is 0 instead of 1 / |u| < 6e-20.
 */
export const multiquadricActivation: ActivationDefinition = defineActivation({
  kind: 'multiquadric',
  parameters: { a: 1 },
  positive: ['a'],
  steepness: ({ a }) => Math.abs(a),
  derivatives(x, { a }) {
    const u = mul(x, a);
    const s = div(1, sqrt(add(square(u), 1)));
    const ss = square(s);
    const us = mul(clip(u, -REACH, REACH), s); // where u could overflow, s is 0
    const first = mul(mul(us, ss), neg(a));
    return [
      s,
      first,
      mul(mul(mul(s, ss), sub(2, mul(ss, 3))), square(a)),
      mul(mul(mul(first, ss), sub(2, mul(ss, 5))), mul(square(a), 3)),
    ];
  },
  byParameter: (x, { a }, s) => ({ a: scaleDerivatives(x, s, div(1, a)) }),
  fourth(x, { a }, derivatives) {
    const [s, , , third] = derivatives;
    const ss = square(s);
    const w = square(mul(clip(mul(x, a), -REACH, REACH), s));
    const polynomial = add(mul(square(ss), 9), mul(w, sub(mul(w, 24), mul(ss, 72))));
    const value = mul(mul(mul(mul(s, ss), ss), polynomial), square(square(a)));
    return { value, byParameter: { a: scaleThird(x, third, value, div(1, a)) } };
  },
});

/** s(x) = 1 / sqrt(1 + (a x)^2); a is 1 unless given. @throws RangeError when an option is wrong */
export const multiquadric = (options: ActivationOptions<'a'> = {}): MultiquadricSpec => {
  assertOptions('multiquadric', options, { a: 1, learnable: 1 });
  return completeActivationSpec(multiquadricActivation, options) as MultiquadricSpec;
};
