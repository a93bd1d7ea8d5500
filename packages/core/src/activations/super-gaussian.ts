import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { div, sqrt } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { bellDerivatives, bellFourth } from './bell.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface SuperGaussianSpec extends ActivationSpec {
  readonly kind: 'super-gaussian';
  /** The width (standard deviation) before the power, positive. */
  readonly a: number;
  /** The power, positive. */
  readonly b: number;
  readonly learnable?: readonly ('a' | 'b')[];
}

/** s(x) = exp(-x^2 / (2 a^2))^b = exp(-b x^2 / (2 a^2)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1. */
export const superGaussianActivation: ActivationDefinition = defineActivation({
  kind: 'super-gaussian',
  parameters: { a: 1, b: 1 },
  positive: ['a', 'b'],
  steepness: ({ a, b }) => Math.sqrt(Math.abs(b)) / Math.abs(a),
  derivatives: (x, { a, b }) => bellDerivatives(x, div(sqrt(b), a)),
  // lambda = sqrt(b) / a, so lambda' / lambda is -1 / a for a, and 1 / (2 b) for b
  byParameter: (x, { a, b }, s) => ({ a: scaleDerivatives(x, s, div(-1, a)), b: scaleDerivatives(x, s, div(0.5, b)) }),
  fourth(x, { a, b }, s) {
    const value = bellFourth(x, div(sqrt(b), a), s);
    return {
      value,
      byParameter: { a: scaleThird(x, s[3], value, div(-1, a)), b: scaleThird(x, s[3], value, div(0.5, b)) },
    };
  },
});

/** s(x) = exp(-b x^2 / (2 a^2)); a and b are 1 unless given. @throws RangeError when an option is wrong */
export const superGaussian = (options: ActivationOptions<'a' | 'b'> = {}): SuperGaussianSpec =>
  completeActivationSpec(superGaussianActivation, options) as SuperGaussianSpec;
