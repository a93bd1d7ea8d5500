import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { div, sqrt } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { bellDerivatives, bellFourth } from './bell.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface SuperGaussianSpec extends ActivationSpec {
  readonly kind: 'super-gaussian';
  /** The standard deviation before the power is applied, positive. */
  readonly sigma: number;
  /** The power, positive. */
  readonly b: number;
  readonly learnable?: readonly ('sigma' | 'b')[];
}

/**
 * s(x) = exp(-x^2 / (2 sigma^2))^b = exp(-b x^2 / (2 sigma^2)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1.
 */
export const superGaussianActivation: ActivationDefinition = defineActivation({
  kind: 'super-gaussian',
  parameters: { sigma: 1, b: 1 },
  positive: ['sigma', 'b'],
  steepness: ({ sigma, b }) => Math.sqrt(Math.abs(b)) / Math.abs(sigma),
  derivatives: (x, { sigma, b }) => bellDerivatives(x, div(sqrt(b), sigma)),
  // lambda = sqrt(b) / sigma, so lambda' / lambda is -1 / sigma for sigma, and 1 / (2 b) for b
  byParameter: (x, { sigma, b }, s) => ({
    sigma: scaleDerivatives(x, s, div(-1, sigma)),
    b: scaleDerivatives(x, s, div(0.5, b)),
  }),
  fourth(x, { sigma, b }, s) {
    const value = bellFourth(x, div(sqrt(b), sigma), s);
    return {
      value,
      byParameter: { sigma: scaleThird(x, s[3], value, div(-1, sigma)), b: scaleThird(x, s[3], value, div(0.5, b)) },
    };
  },
});

/** s(x) = exp(-b x^2 / (2 sigma^2)); sigma and b are 1 unless given. @throws RangeError when an option is wrong */
export const superGaussian = (options: ActivationOptions<'sigma' | 'b'> = {}): SuperGaussianSpec => {
  assertOptions('superGaussian', options, { sigma: 1, b: 1, learnable: 1 });
  return completeActivationSpec(superGaussianActivation, options) as SuperGaussianSpec;
};
