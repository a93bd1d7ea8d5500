import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import type { ActivationSpec } from './activation.ts';

export interface IdentitySpec extends ActivationSpec {
  readonly kind: 'identity';
}

/** s(x) = x. */
export const identityActivation: ActivationDefinition = defineActivation({ kind: 'identity', value: x => x });

/** s(x) = x: a layer without an activation. */
export const identity = (): IdentitySpec => Object.freeze({ kind: 'identity' });
