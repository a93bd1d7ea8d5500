/**
 * @file The activations of core and their first three derivatives, for the features of one point. The formulas, with their references, stand in
 * core's `activations/`; this file follows them.
 *
 * Every function reads the pre-activations `z` and writes s, s', s'', s''' as far as `order` asks, `[bytes / 4]` floats each. `s` or `s1` may
 * be the place of `z` itself.
 */
import { cosine, exponential, hyperbolicTangent, lastSine, logistic, sine, sineAndCosine, softplus } from './elementary';
import { multiplyAdd } from './simd';

export const IDENTITY: i32 = 0;
export const RELU: i32 = 1;
export const PRELU: i32 = 2;
export const SINE: i32 = 3;
export const TANH: i32 = 4;
export const SIGMOID: i32 = 5;
export const SILU: i32 = 6;
export const SOFTPLUS: i32 = 7;
export const GAUSSIAN: i32 = 8;
export const QUADRATIC: i32 = 9;
export const MULTIQUADRIC: i32 = 10;
export const LAPLACIAN: i32 = 11;
export const SUPER_GAUSSIAN: i32 = 12;
export const EXPSIN: i32 = 13;
export const FINER: i32 = 14;

/** What stands in for infinity where a product with 0 must stay 0; see core's quadratic.ts and bell.ts. */
const REACH: f32 = 1e30;
const BELL_REACH: f32 = 15;

// @ts-ignore: decorator
@inline
function clip(x: v128, reach: f32): v128 {
  return f32x4.max(f32x4.min(x, f32x4.splat(reach)), f32x4.splat(-reach));
}

/** -1, 0 or 1. */
// @ts-ignore: decorator
@inline
export function signOf(x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}

/** sin(omega x), and its derivatives from it and its slope. */
export function sineDerivatives(z: usize, s: usize, s1: usize, s2: usize, bytes: usize, omega: f32, order: i32): void {
  const w = f32x4.splat(omega);
  if (order == 0) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(s + i, sine(f32x4.mul(v128.load(z + i), w)));
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const c = sineAndCosine(f32x4.mul(v128.load(z + i), w));
    v128.store(s + i, lastSine);
    v128.store(s1 + i, f32x4.mul(c, w));
  }
  if (order >= 2) scaled(s, s2, bytes, -omega * omega);
}

/** y = factor x. */
export function scaled(x: usize, y: usize, bytes: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), f));
}

function fill(y: usize, bytes: usize, value: f32): void {
  const v = f32x4.splat(value);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, v);
}

/** The derivatives of tanh from its value. */
export function tanhSlopes(s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const t = v128.load(s + i);
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t));
    v128.store(s1 + i, slope);
    if (order < 2) continue;
    v128.store(s2 + i, f32x4.mul(f32x4.mul(t, slope), f32x4.splat(-2)));
    if (order < 3) continue;
    v128.store(s3 + i, f32x4.mul(slope, f32x4.sub(f32x4.splat(4), f32x4.mul(slope, f32x4.splat(6)))));
  }
}

/** The derivatives of max(x, 0) from its value. */
export function reluSlopes(s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16)
    v128.store(s1 + i, v128.and(f32x4.gt(v128.load(s + i), f32x4.splat(0)), f32x4.splat(1)));
  if (order >= 2) fill(s2, bytes, 0);
  if (order >= 3) fill(s3, bytes, 0);
}

// The sigmoid p and its derivatives; `sigmoidSlope` and the next two are p', p'' and p'''.

// @ts-ignore: decorator
@inline
function sigmoidSlope(p: v128, q: v128): v128 {
  return f32x4.mul(p, q);
}

// @ts-ignore: decorator
@inline
function sigmoidCurvature(p: v128, q: v128): v128 {
  return f32x4.mul(f32x4.mul(p, q), f32x4.sub(q, p));
}

// @ts-ignore: decorator
@inline
function sigmoidThird(p: v128, q: v128): v128 {
  const slope = f32x4.mul(p, q);
  return f32x4.mul(slope, f32x4.sub(f32x4.splat(1), f32x4.mul(slope, f32x4.splat(6))));
}

function sigmoidDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z + i);
    const p = logistic(x);
    const q = logistic(f32x4.neg(x));
    v128.store(s + i, p);
    if (order >= 1) v128.store(s1 + i, sigmoidSlope(p, q));
    if (order >= 2) v128.store(s2 + i, sigmoidCurvature(p, q));
    if (order >= 3) v128.store(s3 + i, sigmoidThird(p, q));
  }
}

function siluDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z + i);
    const p = logistic(x);
    const q = logistic(f32x4.neg(x));
    v128.store(s + i, f32x4.mul(x, p));
    if (order >= 1) v128.store(s1 + i, f32x4.add(p, f32x4.mul(x, sigmoidSlope(p, q))));
    if (order >= 2)
      v128.store(
        s2 + i,
        f32x4.add(f32x4.mul(sigmoidSlope(p, q), f32x4.splat(2)), f32x4.mul(x, sigmoidCurvature(p, q))),
      );
    if (order >= 3)
      v128.store(
        s3 + i,
        f32x4.add(f32x4.mul(sigmoidCurvature(p, q), f32x4.splat(3)), f32x4.mul(x, sigmoidThird(p, q))),
      );
  }
}

function softplusDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z + i);
    v128.store(s + i, softplus(x));
    if (order < 1) continue;
    const p = logistic(x);
    const q = logistic(f32x4.neg(x));
    v128.store(s1 + i, p);
    if (order >= 2) v128.store(s2 + i, sigmoidSlope(p, q));
    if (order >= 3) v128.store(s3 + i, sigmoidCurvature(p, q));
  }
}

/** exp(-(lambda x)^2 / 2). */
function bellDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, lambda: f32, order: i32): void {
  const scale = f32x4.splat(lambda);
  const curvature = f32x4.splat(lambda * lambda);
  for (let i: usize = 0; i < bytes; i += 16) {
    const u = f32x4.mul(v128.load(z + i), scale);
    const y = exponential(f32x4.mul(f32x4.mul(u, u), f32x4.splat(-0.5)));
    v128.store(s + i, y);
    if (order < 1) continue;
    const factor = f32x4.mul(clip(u, BELL_REACH), f32x4.splat(-lambda));
    const y1 = f32x4.mul(factor, y);
    v128.store(s1 + i, y1);
    if (order < 2) continue;
    const y2 = f32x4.sub(f32x4.mul(factor, y1), f32x4.mul(y, curvature));
    v128.store(s2 + i, y2);
    if (order < 3) continue;
    v128.store(s3 + i, f32x4.sub(f32x4.mul(factor, y2), f32x4.mul(y1, f32x4.splat(2 * lambda * lambda))));
  }
}

function quadraticDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, a: f32, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const u = f32x4.mul(v128.load(z + i), f32x4.splat(a));
    const y = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.mul(u, u), f32x4.splat(1)));
    v128.store(s + i, y);
    if (order < 1) continue;
    const uy = f32x4.mul(clip(u, REACH), y);
    const slope = f32x4.mul(f32x4.mul(uy, y), f32x4.splat(-2 * a));
    v128.store(s1 + i, slope);
    if (order < 2) continue;
    const yy = f32x4.mul(y, y);
    v128.store(
      s2 + i,
      f32x4.mul(f32x4.mul(yy, f32x4.sub(f32x4.splat(3), f32x4.mul(y, f32x4.splat(4)))), f32x4.splat(2 * a * a)),
    );
    if (order < 3) continue;
    const rest = f32x4.mul(f32x4.sub(f32x4.splat(1), f32x4.mul(y, f32x4.splat(2))), f32x4.splat(12 * a * a));
    v128.store(s3 + i, f32x4.mul(f32x4.mul(slope, y), rest));
  }
}

function multiquadricDerivatives(
  z: usize,
  s: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  bytes: usize,
  a: f32,
  order: i32,
): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const u = f32x4.mul(v128.load(z + i), f32x4.splat(a));
    const y = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(f32x4.mul(u, u), f32x4.splat(1))));
    v128.store(s + i, y);
    if (order < 1) continue;
    const yy = f32x4.mul(y, y);
    const slope = f32x4.mul(f32x4.mul(f32x4.mul(clip(u, REACH), y), yy), f32x4.splat(-a));
    v128.store(s1 + i, slope);
    if (order < 2) continue;
    const bend = f32x4.sub(f32x4.splat(2), f32x4.mul(yy, f32x4.splat(3)));
    v128.store(s2 + i, f32x4.mul(f32x4.mul(f32x4.mul(y, yy), bend), f32x4.splat(a * a)));
    if (order < 3) continue;
    const rest = f32x4.mul(f32x4.sub(f32x4.splat(2), f32x4.mul(yy, f32x4.splat(5))), f32x4.splat(3 * a * a));
    v128.store(s3 + i, f32x4.mul(f32x4.mul(slope, yy), rest));
  }
}

/** exp(-|x| / a). */
function laplacianDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, a: f32, order: i32): void {
  const rate: f32 = -1 / a;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z + i);
    const y = exponential(f32x4.mul(f32x4.abs(x), f32x4.splat(rate)));
    v128.store(s + i, y);
    if (order < 1) continue;
    const slope = f32x4.mul(y, f32x4.mul(signOf(x), f32x4.splat(rate)));
    v128.store(s1 + i, slope);
    if (order >= 2) v128.store(s2 + i, f32x4.mul(y, f32x4.splat(rate * rate)));
    if (order >= 3) v128.store(s3 + i, f32x4.mul(slope, f32x4.splat(rate * rate)));
  }
}

/** exp(-sin(a x)). */
function expSinDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, a: f32, order: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const c = sineAndCosine(f32x4.mul(v128.load(z + i), f32x4.splat(a)));
    const wave = lastSine;
    const y = exponential(f32x4.neg(wave));
    v128.store(s + i, y);
    if (order < 1) continue;
    const slope = f32x4.mul(f32x4.mul(c, y), f32x4.splat(-a));
    v128.store(s1 + i, slope);
    if (order < 2) continue;
    const r = multiplyAdd(c, c, wave);
    v128.store(s2 + i, f32x4.mul(f32x4.mul(r, y), f32x4.splat(a * a)));
    if (order < 3) continue;
    const rest = f32x4.sub(multiplyAdd(wave, f32x4.splat(2), r), f32x4.splat(1));
    v128.store(s3 + i, f32x4.mul(f32x4.mul(rest, slope), f32x4.splat(a * a)));
  }
}

/** sin(omega (|x| + 1) x). */
function finerDerivatives(z: usize, s: usize, s1: usize, s2: usize, s3: usize, bytes: usize, omega: f32, order: i32): void {
  const w = f32x4.splat(omega);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z + i);
    const size = f32x4.abs(x);
    const c = sineAndCosine(f32x4.mul(f32x4.mul(f32x4.add(size, f32x4.splat(1)), x), w));
    const wave = lastSine;
    v128.store(s + i, wave);
    if (order < 1) continue;
    const first = f32x4.mul(f32x4.add(f32x4.add(size, size), f32x4.splat(1)), w);
    const slope = f32x4.mul(first, c);
    v128.store(s1 + i, slope);
    if (order < 2) continue;
    const second = f32x4.mul(signOf(x), f32x4.splat(2 * omega));
    const squared = f32x4.mul(first, first);
    v128.store(s2 + i, f32x4.sub(f32x4.mul(second, c), f32x4.mul(squared, wave)));
    if (order < 3) continue;
    const bend = f32x4.mul(f32x4.mul(f32x4.mul(first, second), wave), f32x4.splat(-3));
    v128.store(s3 + i, f32x4.sub(bend, f32x4.mul(squared, slope)));
  }
}

/** The value of an activation and its derivatives up to `order`. `a` and `b` are its parameters in core's order. */
export function derivatives(
  kind: i32,
  a: f32,
  b: f32,
  z: usize,
  s: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  bytes: usize,
  order: i32,
): void {
  if (kind == SINE) {
    sineDerivatives(z, s, s1, s2, bytes, a, order);
    if (order >= 3) scaled(s1, s3, bytes, -a * a);
  } else if (kind == TANH) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(s + i, hyperbolicTangent(v128.load(z + i)));
    if (order >= 1) tanhSlopes(s, s1, s2, s3, bytes, order);
  } else if (kind == RELU) {
    // pmax would lose a NaN.
    for (let i: usize = 0; i < bytes; i += 16) v128.store(s + i, f32x4.max(v128.load(z + i), f32x4.splat(0)));
    if (order >= 1) reluSlopes(s, s1, s2, s3, bytes, order);
  } else if (kind == PRELU) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.load(z + i);
      const slope = v128.bitselect(f32x4.splat(1), f32x4.splat(a), f32x4.gt(x, f32x4.splat(0)));
      v128.store(s + i, f32x4.mul(x, slope));
      if (order >= 1) v128.store(s1 + i, slope);
    }
    if (order >= 2) fill(s2, bytes, 0);
    if (order >= 3) fill(s3, bytes, 0);
  } else if (kind == SIGMOID) sigmoidDerivatives(z, s, s1, s2, s3, bytes, order);
  else if (kind == SILU) siluDerivatives(z, s, s1, s2, s3, bytes, order);
  else if (kind == SOFTPLUS) softplusDerivatives(z, s, s1, s2, s3, bytes, order);
  else if (kind == GAUSSIAN) bellDerivatives(z, s, s1, s2, s3, bytes, 1 / a, order);
  else if (kind == QUADRATIC) quadraticDerivatives(z, s, s1, s2, s3, bytes, a, order);
  else if (kind == MULTIQUADRIC) multiquadricDerivatives(z, s, s1, s2, s3, bytes, a, order);
  else if (kind == LAPLACIAN) laplacianDerivatives(z, s, s1, s2, s3, bytes, a, order);
  else if (kind == SUPER_GAUSSIAN) bellDerivatives(z, s, s1, s2, s3, bytes, sqrt<f32>(b) / a, order);
  else if (kind == EXPSIN) expSinDerivatives(z, s, s1, s2, s3, bytes, a, order);
  else if (kind == FINER) finerDerivatives(z, s, s1, s2, s3, bytes, a, order);
}
