/** @file What every kernel uses: addresses, and the product-and-sum that the build with relaxed SIMD fuses. */

/** Bytes of a float32. */
export const FLOAT: usize = 4;

/** a b + c, with one rounding where the build has relaxed SIMD and the processor can. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
