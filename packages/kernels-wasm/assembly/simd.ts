/** @file Shared by all kernels: the size of a float, and the multiply-add that the relaxed SIMD build fuses. */

/** Bytes of a float32. */
export const FLOAT: usize = 4;

/** a b + c, with a single rounding where the build has relaxed SIMD and the processor has a fused multiply-add. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
