import { mul, neg, sigmoid as sigmoidOf, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec, DerivativeOrder } from './activation.ts';

export interface SigmoidSpec extends ActivationSpec {
  readonly kind: 'sigmoid';
}

/**
 * p(x) = 1 / (1 + exp(-x)) and its derivatives p' = p q with q = p(-x), p'' = p' (q - p), p''' = p' (1 - 6 p').
 *
 * q is computed anew and not as 1 - p, which loses its digits where p is near 1: silu multiplies p' by x there.
 */
export const sigmoidDerivatives = (x: Tensor, order: DerivativeOrder): Tensor[] => {
  const p = sigmoidOf(x);
  if (order === 0) return [p];
  const q = sigmoidOf(neg(x));
  const slope = mul(p, q);
  const values: Tensor[] = [p, slope];
  if (order >= 2) values.push(mul(slope, sub(q, p)));
  if (order >= 3) values.push(mul(slope, sub(1, mul(slope, 6))));
  return values;
};

/** s(x) = 1 / (1 + exp(-x)). s' = s (1 - s), s'' = s' (1 - 2 s), s''' = s' (1 - 6 s'). */
export const sigmoidActivation: ActivationDefinition = {
  kind: 'sigmoid',
  parameters: {},
  derivatives: (x, _parameters, order) => sigmoidDerivatives(x, order),
};

/** s(x) = 1 / (1 + exp(-x)). */
export const sigmoid = (): SigmoidSpec => Object.freeze({ kind: 'sigmoid' });
