import { add, mul, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The derivatives with respect to a parameter p that only scales the argument. If s(x; p) = phi(lambda(p) x), then
 *
 *     d s^(k) / dp = (k s^(k) + x s^(k+1)) lambda' / lambda
 *
 * because the k-th derivative of s is lambda^k phi^(k)(lambda x).
 *
 * @param values `[s, s', ..., s^(m)]` at `x`
 * @param factor lambda'(p) / lambda(p) as `f32[]`: 1 / p for a frequency (lambda = p), -1 / p for a width (lambda = 1 / p)
 * @returns `[ds/dp, ..., ds^(m-1)/dp]`
 */
export const scaleDerivatives = (x: Tensor, values: readonly Tensor[], factor: Tensor): Tensor[] =>
  values.slice(0, -1).map((value, k) => {
    const slope = mul(x, values[k + 1] as Tensor);
    return mul(k === 0 ? slope : add(k === 1 ? value : mul(value, k), slope), factor);
  });
