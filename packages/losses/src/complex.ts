/**
 * @file Complex arithmetic in real tensors. A field represents each wave by a pair of outputs: its real and imaginary
 *   parts.
 */
import { add, mul, reshape, slice, stack, sub, type Tensor2D } from '@tensorflow/tfjs-core';

/** A complex tensor, each part `f32[n, s]`, or `f32[n, 1]` for a value that all waves share. */
export interface Complex {
  readonly real: Tensor2D;
  readonly imaginary: Tensor2D;
}

/** `f32[n, 2 s]`, pairs of real and imaginary parts, as complex `[n, s]`. */
export const fromPairs = (pairs: Tensor2D): Complex => {
  const [n, width] = pairs.shape;
  const half = width / 2;
  const parts = reshape(pairs, [n, half, 2]);
  const part = (index: number): Tensor2D => reshape(slice(parts, [0, 0, index], [n, half, 1]), [n, half]);
  return { real: part(0), imaginary: part(1) };
};

/** The inverse of {@link fromPairs}. */
export const toPairs = ({ real, imaginary }: Complex): Tensor2D => {
  const [n, width] = real.shape;
  return reshape(stack([real, imaginary], 2), [n, 2 * width]);
};

/** a + b */
export const plus = (a: Complex, b: Complex): Complex => ({
  real: add(a.real, b.real),
  imaginary: add(a.imaginary, b.imaginary),
});

/** a - b */
export const minus = (a: Complex, b: Complex): Complex => ({
  real: sub(a.real, b.real),
  imaginary: sub(a.imaginary, b.imaginary),
});

/** a b */
export const times = (a: Complex, b: Complex): Complex => ({
  real: sub(mul(a.real, b.real), mul(a.imaginary, b.imaginary)),
  imaginary: add(mul(a.real, b.imaginary), mul(a.imaginary, b.real)),
});

/** a r, with a real tensor `f32[n, 1]` or a number */
export const scaled = (a: Complex, r: Tensor2D | number): Complex => ({
  real: mul(a.real, r),
  imaginary: mul(a.imaginary, r),
});
