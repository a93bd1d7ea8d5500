import { clone, onesLike, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';

export interface IdentitySpec extends ActivationSpec {
  readonly kind: 'identity';
}

/** s(x) = x. */
export const identityActivation: ActivationDefinition = {
  kind: 'identity',
  parameters: {},
  derivatives(x, _parameters, order) {
    const values: Tensor[] = [clone(x)];
    if (order >= 1) values.push(onesLike(x));
    for (let k = 2; k <= order; k++) values.push(zerosLike(x));
    return values;
  },
};

/** s(x) = x: a layer without an activation. */
export const identity = (): IdentitySpec => Object.freeze({ kind: 'identity' });
