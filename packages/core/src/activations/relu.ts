import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { max } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';

export interface ReluSpec extends ActivationSpec {
  readonly kind: 'relu';
}

/**
 * s(x) = max(x, 0). s' = 1 for x > 0 and 0 for x <= 0, so s'(0) = 0 as in PyTorch; s'' = s''' = 0 everywhere (the Dirac
 * delta at 0 is omitted: a ReLU field cannot be supervised by second derivatives).
 */
export const reluActivation: ActivationDefinition = defineActivation({ kind: 'relu', value: x => max(x, 0) });

/** s(x) = max(x, 0). */
export const relu = (): ReluSpec => Object.freeze({ kind: 'relu' });
