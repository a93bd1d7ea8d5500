import type { DerivativeExpressions } from '../elementwise/activation.ts';
import { clip, type Expression, exp, mul, neg, square, sub } from '../elementwise/expression.ts';

/** exp(-REACH^2 / 2) is 0 in float32, whose smallest positive value is 1.4e-45. */
const REACH = 15;

/** -lambda u, with u clipped to the range where s is not 0 in float32. */
const factorOf = (x: Expression, lambda: Expression): Expression =>
  mul(clip(mul(x, lambda), -REACH, REACH), neg(lambda));

/**
 * s(x) = exp(-u^2 / 2) with u = lambda x, and its derivatives
 *
 *     s' = -lambda u s        s'' = -lambda u s' - lambda^2 s        s''' = -lambda u s'' - 2 lambda^2 s'
 *
 * Where s underflows to 0 in float32, so do its derivatives: u is clipped there, to avoid the product of an infinity
 * and 0.
 *
 * @param lambda 1 / width
 */
export const bellDerivatives = (x: Expression, lambda: Expression): DerivativeExpressions => {
  const u = mul(x, lambda);
  const s = exp(mul(square(u), -0.5));
  const factor = factorOf(x, lambda);
  const curvature = square(lambda);
  const first = mul(factor, s);
  const second = sub(mul(factor, first), mul(s, curvature));
  return [s, first, second, sub(mul(factor, second), mul(first, mul(curvature, 2)))];
};

/** s'''' = -lambda u s''' - 3 lambda^2 s''. */
export const bellFourth = (x: Expression, lambda: Expression, [, , second, third]: DerivativeExpressions): Expression =>
  sub(mul(factorOf(x, lambda), third), mul(second, mul(square(lambda), 3)));
