import { type ActivationDefinition, type DerivativeExpressions, defineActivation } from '../elementwise/activation.ts';
import { type Expression, mul, neg, sigmoid as sigmoidOf, sub } from '../elementwise/expression.ts';
import type { ActivationSpec } from './activation.ts';

export interface SigmoidSpec extends ActivationSpec {
  readonly kind: 'sigmoid';
}

/**
 * p(x) = 1 / (1 + exp(-x)) and its derivatives p' = p q with q = p(-x), p'' = p' (q - p), p''' = p' (1 - 6 p').
 *
 * q is not computed as 1 - p, which cancels where p is near 1, where silu multiplies p' by x.
 */
export const sigmoidDerivatives = (x: Expression): DerivativeExpressions => {
  const p = sigmoidOf(x);
  const q = sigmoidOf(neg(x));
  const first = mul(p, q);
  return [p, first, mul(first, sub(q, p)), mul(first, sub(1, mul(first, 6)))];
};

/** s(x) = 1 / (1 + exp(-x)). s' = s (1 - s), s'' = s' (1 - 2 s), s''' = s' (1 - 6 s'). */
export const sigmoidActivation: ActivationDefinition = defineActivation({
  kind: 'sigmoid',
  derivatives: sigmoidDerivatives,
});

/** s(x) = 1 / (1 + exp(-x)). */
export const sigmoid = (): SigmoidSpec => Object.freeze({ kind: 'sigmoid' });
