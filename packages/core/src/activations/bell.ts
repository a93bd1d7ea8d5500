import { clipByValue, exp, mul, neg, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { DerivativeOrder } from './activation.ts';

/** exp(-REACH^2 / 2) is 0 in float32, whose smallest number is 1.4e-45. */
const REACH = 15;

/**
 * s(x) = exp(-u^2 / 2) with u = lambda x, and its derivatives
 *
 *     s' = -lambda u s        s'' = -lambda u s' - lambda^2 s        s''' = -lambda u s'' - 2 lambda^2 s'
 *
 * Where s is 0 in float32, so are its derivatives: u is clipped there, lest an overflow meets the 0.
 *
 * @param lambda `f32[]`, one over the width
 */
export const bellDerivatives = (x: Tensor, lambda: Tensor, order: DerivativeOrder): Tensor[] => {
  const u = mul(x, lambda);
  const values: Tensor[] = [exp(mul(square(u), -0.5))];
  if (order === 0) return values;
  const factor = mul(clipByValue(u, -REACH, REACH), neg(lambda));
  const curvature = square(lambda);
  for (let k = 1; k <= order; k++) {
    const before = values[k - 1] as Tensor;
    const product = mul(factor, before);
    values.push(k === 1 ? product : sub(product, mul(values[k - 2] as Tensor, mul(curvature, k - 1))));
  }
  return values;
};
