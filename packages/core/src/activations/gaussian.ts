import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { div } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { bellDerivatives, bellFourth } from './bell.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface GaussianSpec extends ActivationSpec {
  readonly kind: 'gaussian';
  /** The width (standard deviation), positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** s(x) = exp(-x^2 / (2 a^2)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1. */
export const gaussianActivation: ActivationDefinition = defineActivation({
  kind: 'gaussian',
  parameters: { a: 1 },
  positive: ['a'],
  steepness: ({ a }) => 1 / Math.abs(a),
  derivatives: (x, { a }) => bellDerivatives(x, div(1, a)),
  byParameter: (x, { a }, s) => ({ a: scaleDerivatives(x, s, div(-1, a)) }),
  fourth(x, { a }, s) {
    const value = bellFourth(x, div(1, a), s);
    return { value, byParameter: { a: scaleThird(x, s[3], value, div(-1, a)) } };
  },
});

/** s(x) = exp(-x^2 / (2 a^2)); a is 1 unless given. @throws RangeError when an option is wrong */
export const gaussian = (options: ActivationOptions<'a'> = {}): GaussianSpec =>
  completeActivationSpec(gaussianActivation, options) as GaussianSpec;
