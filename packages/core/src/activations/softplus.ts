import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { softplus as softplusOf } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';
import { sigmoidDerivatives } from './sigmoid.ts';

export interface SoftplusSpec extends ActivationSpec {
  readonly kind: 'softplus';
}

/** s(x) = log(1 + exp(x)). s' is the sigmoid. */
export const softplusActivation: ActivationDefinition = defineActivation({
  kind: 'softplus',
  derivatives(x) {
    const [p, p1, p2] = sigmoidDerivatives(x);
    return [softplusOf(x), p, p1, p2];
  },
});

/** s(x) = log(1 + exp(x)). */
export const softplus = (): SoftplusSpec => Object.freeze({ kind: 'softplus' });
