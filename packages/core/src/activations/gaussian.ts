import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { div } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { bellDerivatives, bellFourth } from './bell.ts';
import { scaleDerivatives, scaleThird } from './scale.ts';

export interface GaussianSpec extends ActivationSpec {
  readonly kind: 'gaussian';
  /** The standard deviation, positive. */
  readonly sigma: number;
  readonly learnable?: readonly 'sigma'[];
}

/** s(x) = exp(-x^2 / (2 sigma^2)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1. */
export const gaussianActivation: ActivationDefinition = defineActivation({
  kind: 'gaussian',
  parameters: { sigma: 1 },
  positive: ['sigma'],
  steepness: ({ sigma }) => 1 / Math.abs(sigma),
  derivatives: (x, { sigma }) => bellDerivatives(x, div(1, sigma)),
  byParameter: (x, { sigma }, s) => ({ sigma: scaleDerivatives(x, s, div(-1, sigma)) }),
  fourth(x, { sigma }, s) {
    const value = bellFourth(x, div(1, sigma), s);
    return { value, byParameter: { sigma: scaleThird(x, s[3], value, div(-1, sigma)) } };
  },
});

/** s(x) = exp(-x^2 / (2 sigma^2)); sigma is 1 unless given. @throws RangeError when an option is wrong */
export const gaussian = (options: ActivationOptions<'sigma'> = {}): GaussianSpec => {
  assertOptions('gaussian', options, { sigma: 1, learnable: 1 });
  return completeActivationSpec(gaussianActivation, options) as GaussianSpec;
};
