import { softplus as softplusOf } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec, DerivativeOrder } from './activation.ts';
import { sigmoidDerivatives } from './sigmoid.ts';

export interface SoftplusSpec extends ActivationSpec {
  readonly kind: 'softplus';
}

/** s(x) = log(1 + exp(x)). s' is the sigmoid. tfjs's op takes x itself for large x and exp(x) for very negative x, so nothing overflows. */
export const softplusActivation: ActivationDefinition = {
  kind: 'softplus',
  parameters: {},
  derivatives: (x, _parameters, order) => [
    softplusOf(x),
    ...(order === 0 ? [] : sigmoidDerivatives(x, (order - 1) as DerivativeOrder)),
  ],
};

/** s(x) = log(1 + exp(x)). */
export const softplus = (): SoftplusSpec => Object.freeze({ kind: 'softplus' });
