import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { sigmoidDerivatives } from './sigmoid.ts';

export interface SiluSpec extends ActivationSpec {
  readonly kind: 'silu';
}

/**
 * s(x) = x p(x) with the sigmoid p, also called swish. Elfwing, Uchibe and Doya 2017, arXiv:1702.03118, equation 1.
 *
 * s^(k) = k p^(k-1) + x p^(k).
 */
export const siluActivation: ActivationDefinition = {
  kind: 'silu',
  parameters: {},
  derivatives(x, _parameters, order) {
    const p = sigmoidDerivatives(x, order);
    return p.map((derivative, k) => {
      const product = mul(x, derivative);
      if (k === 0) return product;
      const before = p[k - 1] as Tensor;
      return add(k === 1 ? before : mul(before, k), product);
    });
  },
};

/** s(x) = x / (1 + exp(-x)). */
export const silu = (): SiluSpec => Object.freeze({ kind: 'silu' });
