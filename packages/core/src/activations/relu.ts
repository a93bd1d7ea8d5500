import { relu as rectify, step, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';

export interface ReluSpec extends ActivationSpec {
  readonly kind: 'relu';
}

/**
 * s(x) = max(x, 0). s' = 1 for x > 0 and 0 for x <= 0, so s'(0) = 0 as in PyTorch; s'' = s''' = 0 everywhere (the delta at 0 is left out:
 * a ReLU field has no second derivatives to be supervised on).
 */
export const reluActivation: ActivationDefinition = {
  kind: 'relu',
  parameters: {},
  derivatives(x, _parameters, order) {
    const values: Tensor[] = [rectify(x)];
    if (order >= 1) values.push(step(x));
    for (let k = 2; k <= order; k++) values.push(zerosLike(x));
    return values;
  },
};

/** s(x) = max(x, 0). */
export const relu = (): ReluSpec => Object.freeze({ kind: 'relu' });
