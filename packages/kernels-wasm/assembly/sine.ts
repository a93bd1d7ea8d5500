/**
 * @file The sine activation and its derivatives, for the features of one point. It is written by hand because all its
 *   derivatives follow from the sine and its first derivative, so nothing else has to be kept. All other activations
 *   are formulas; see formula.ts. The kernel contract compares it with core's.
 */
import { areReducible, lastSine, sine, sineAndCosineHost, sineAndCosineReduced } from './elementary';

/**
 * s = sin(omega x), s', s'' and s''' up to `order`, `[bytes / 4]` floats each. `s` or `s1` may be the address of `z`
 * itself, and `s3` is not used below order 3.
 */
export function sineDerivatives(
  z: usize,
  s: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  bytes: usize,
  omega: f32,
  order: i32,
): void {
  const w = f32x4.splat(omega);
  if (order == 0) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(s + i, sine(f32x4.mul(v128.load(z + i), w)));
    return;
  }
  for (let i: usize = 0; i < bytes; i += 32) {
    const x = f32x4.mul(v128.load(z + i), w);
    const y = f32x4.mul(v128.load(z + i, 16), w);
    let cx: v128;
    let sx: v128;
    let cy: v128;
    if (areReducible(x, y)) {
      cx = sineAndCosineReduced(x);
      sx = lastSine;
      cy = sineAndCosineReduced(y);
    } else {
      cx = sineAndCosineHost(x);
      sx = lastSine;
      cy = sineAndCosineHost(y);
    }
    v128.store(s + i, sx);
    v128.store(s + i, lastSine, 16);
    v128.store(s1 + i, f32x4.mul(cx, w));
    v128.store(s1 + i, f32x4.mul(cy, w), 16);
  }
  if (order >= 2) secondDerivative(s, s2, bytes, omega);
  if (order >= 3) secondDerivative(s1, s3, bytes, omega);
}

/** -omega^2 x: s'' from s, and s''' from s'. */
export function secondDerivative(x: usize, y: usize, bytes: usize, omega: f32): void {
  const factor = f32x4.splat(-omega * omega);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), factor));
}
