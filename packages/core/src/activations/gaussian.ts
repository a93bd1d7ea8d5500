import { neg, reciprocal, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { bellDerivatives } from './bell.ts';
import { scaleDerivatives } from './scale.ts';

export interface GaussianSpec extends ActivationSpec {
  readonly kind: 'gaussian';
  /** The width (standard deviation), positive. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/** s(x) = exp(-x^2 / (2 a^2)). Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1. */
export const gaussianActivation: ActivationDefinition = {
  kind: 'gaussian',
  parameters: { a: 1 },
  positive: ['a'],
  derivatives: (x, { a }, order) => bellDerivatives(x, reciprocal(a as Tensor), order),
  parameterDerivatives: (_parameter, x, { a }, values) => scaleDerivatives(x, values, neg(reciprocal(a as Tensor))),
};

/** s(x) = exp(-x^2 / (2 a^2)); a is 1 unless given. @throws RangeError when an option is wrong */
export const gaussian = (options: ActivationOptions<'a'> = {}): GaussianSpec =>
  completeActivationSpec(gaussianActivation, options) as GaussianSpec;
