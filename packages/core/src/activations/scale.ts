import { add, div, mul, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The derivatives with respect to a scale. If s(x; a) = a^p phi(a x), then
 *
 *     d s^(k) / da = ((k + p) s^(k) + x s^(k+1)) / a
 *
 * because the k-th derivative of s is a^(k+p) phi^(k)(a x).
 *
 * @param values `[s, s', ..., s^(m)]` at `x`
 * @param power the outer power p
 * @returns `[ds/da, ..., ds^(m-1)/da]`
 */
export const scaleDerivatives = (x: Tensor, a: Tensor, values: readonly Tensor[], power = 0): Tensor[] =>
  values.slice(0, -1).map((value, k) => {
    const slope = mul(x, values[k + 1] as Tensor);
    return div(k + power === 0 ? slope : add(mul(value, k + power), slope), a);
  });
