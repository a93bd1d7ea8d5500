import {
  type DerivativeExpressions,
  defineActivation,
  type Expression,
  type ExpressionLike,
  exp,
  greater,
  min,
  mul,
  select,
  sub,
} from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/** What the negative side tends to, and the slope of the positive one, of SELU: Klambauer et al. 2017, equation 14. */
const SELU = { a: 1.6732632423543772, slope: 1.0507009873554805 } as const;

/** s(x) = slope x for x > 0, c (exp(x) - 1) for x <= 0, with its derivatives. */
const twoSided = (x: Expression, slope: number, c: ExpressionLike): DerivativeExpressions => {
  const tail = mul(c, exp(min(x, 0)));
  const isPositive = greater(x, 0);
  const higher = select(isPositive, 0, tail);
  return [select(isPositive, mul(slope, x), sub(tail, c)), select(isPositive, slope, tail), higher, higher];
};

/**
 * s(x) = x for x > 0, a (exp(x) - 1) for x <= 0, with a = 1. Clevert, Unterthiner and Hochreiter 2015,
 * arXiv:1511.07289, equation 15.
 *
 * s' = 1 and s'' = s''' = 0 for x > 0; a exp(x) for x <= 0, at 0 too, as in PyTorch.
 */
export const eluActivation: ActivationDefinition = defineActivation({
  kind: 'elu',
  parameters: { a: 1 },
  derivatives: (x, { a }) => twoSided(x, 1, a),
});

/**
 * s(x) = 1.0507 x for x > 0, 1.0507 x 1.6733 (exp(x) - 1) for x <= 0. Klambauer et al. 2017, arXiv:1706.02515,
 * equation 2. Its derivatives at 0 are those of the negative side.
 */
export const seluActivation: ActivationDefinition = defineActivation({
  kind: 'selu',
  derivatives: x => twoSided(x, SELU.slope, SELU.slope * SELU.a),
});
