import type { DerivativeExpressions, ParameterExpressions } from '../elementwise/activation.ts';
import { add, type Expression, mul } from '../elementwise/expression.ts';

/**
 * The derivatives with respect to a parameter p that only scales the argument. If s(x; p) = phi(lambda(p) x), then
 *
 *     d s^(k) / dp = (k s^(k) + x s^(k+1)) lambda' / lambda
 *
 * because the k-th derivative of s is lambda^k phi^(k)(lambda x).
 *
 * @param derivatives `[s, s', s'', s''']`
 * @param factor lambda'(p) / lambda(p): 1 / p for a frequency (lambda = p), -1 / p for a width (lambda = 1 / p)
 * @returns `[ds/dp, ds'/dp, ds''/dp]`
 */
export const scaleDerivatives = (
  x: Expression,
  [, s1, s2, s3]: DerivativeExpressions,
  factor: Expression,
): ParameterExpressions => [
  mul(mul(x, s1), factor),
  mul(add(s1, mul(x, s2)), factor),
  mul(add(mul(s2, 2), mul(x, s3)), factor),
];

/** ds'''/dp for such a parameter, from s''' and s''''; {@link scaleDerivatives} gives the lower orders. */
export const scaleThird = (x: Expression, s3: Expression, s4: Expression, factor: Expression): Expression =>
  mul(add(mul(s3, 3), mul(x, s4)), factor);
