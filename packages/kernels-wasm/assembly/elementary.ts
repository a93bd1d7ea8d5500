/** @file Elementary functions of vectors of four floats. */
import { multiplyAdd } from './simd';

// @ts-ignore: decorator
@external('env', 'sin')
declare function hostSin(x: f64): f64;
// @ts-ignore: decorator
@external('env', 'cos')
declare function hostCos(x: f64): f64;

/**
 * Up to this magnitude the three-part pi / 2 below is accurate enough; beyond it, and for NaN, the host's functions are
 * used.
 */
const MAX_REDUCED_ARGUMENT: f32 = 16384;

/**
 * The sine computed by the last call of {@link sineAndCosine}: AssemblyScript cannot return two values. A global is
 * safe because every thread has its own instance.
 */
// @ts-ignore: decorator
@lazy
export let lastSine: v128 = f32x4.splat(0);

function hostSine(x: v128): v128 {
  let y = f32x4.splat(<f32>hostSin(<f64>f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>hostSin(<f64>f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>hostSin(<f64>f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>hostSin(<f64>f32x4.extract_lane(x, 3)));
}

function hostCosine(x: v128): v128 {
  let y = f32x4.splat(<f32>hostCos(<f64>f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>hostCos(<f64>f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>hostCos(<f64>f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>hostCos(<f64>f32x4.extract_lane(x, 3)));
}

/** Whether all four lanes are within {@link MAX_REDUCED_ARGUMENT}. */
// @ts-ignore: decorator
@inline
function isReducible(x: v128): bool {
  return v128.all_true<i32>(f32x4.lt(f32x4.abs(x), f32x4.splat(MAX_REDUCED_ARGUMENT)));
}

/** The same for eight lanes. */
// @ts-ignore: decorator
@inline
export function areReducible(x: v128, y: v128): bool {
  const limit = f32x4.splat(MAX_REDUCED_ARGUMENT);
  return v128.all_true<i32>(v128.and(f32x4.lt(f32x4.abs(x), limit), f32x4.lt(f32x4.abs(y), limit)));
}

/** 1.5 * 2^23: adding it rounds to an integer, which is then in the lowest bits of the sum. */
const ROUNDING_OFFSET: f32 = 12582912;

/** x / (pi / 2), rounded to the nearest integer, plus {@link ROUNDING_OFFSET}. */
// @ts-ignore: decorator
@inline
function roundedQuarterTurns(x: v128): v128 {
  return multiplyAdd(x, f32x4.splat(0.63661977236758134308), f32x4.splat(ROUNDING_OFFSET));
}

/**
 * x - turns pi / 2, by the method of Cody and Waite: pi / 2 is split into three parts, the first two short enough for
 * their products with `turns` to be exact.
 */
// @ts-ignore: decorator
@inline
function reduceArgument(x: v128, quarters: v128): v128 {
  const turns = f32x4.sub(quarters, f32x4.splat(ROUNDING_OFFSET));
  let r = multiplyAdd(turns, f32x4.splat(-1.5703125), x);
  r = multiplyAdd(turns, f32x4.splat(-4.837512969970703125e-4), r);
  return multiplyAdd(turns, f32x4.splat(-7.54978995489188216e-8), r);
}

/** All bits set where the sine and the cosine are swapped. */
// @ts-ignore: decorator
@inline
function isOdd(quarters: v128): v128 {
  return i32x4.shr_s(i32x4.shl(quarters, 31), 31);
}

/** The sign bit of the sine. */
// @ts-ignore: decorator
@inline
function sineSign(quarters: v128): v128 {
  return i32x4.shl(i32x4.shr_u(quarters, 1), 31);
}

/** sin r for |r| <= pi / 4. The coefficients of this and the next are those of the Cephes library (Moshier, sinf.c). */
// @ts-ignore: decorator
@inline
function sineNearZero(r: v128, rr: v128): v128 {
  let p = multiplyAdd(rr, f32x4.splat(-1.9515295891e-4), f32x4.splat(8.3321608736e-3));
  p = multiplyAdd(p, rr, f32x4.splat(-1.6666654611e-1));
  return multiplyAdd(f32x4.mul(p, rr), r, r);
}

/** cos r for |r| <= pi / 4. */
// @ts-ignore: decorator
@inline
function cosineNearZero(rr: v128): v128 {
  let p = multiplyAdd(rr, f32x4.splat(2.443315711809948e-5), f32x4.splat(-1.388731625493765e-3));
  p = multiplyAdd(p, rr, f32x4.splat(4.166664568298827e-2));
  return multiplyAdd(f32x4.mul(p, rr), rr, multiplyAdd(rr, f32x4.splat(-0.5), f32x4.splat(1)));
}

/** cos x for |x| up to {@link MAX_REDUCED_ARGUMENT}; sin x is then {@link lastSine}. */
// @ts-ignore: decorator
@inline
export function sineAndCosineReduced(x: v128): v128 {
  const quarters = roundedQuarterTurns(x);
  const r = reduceArgument(x, quarters);
  const rr = f32x4.mul(r, r);
  const s = sineNearZero(r, rr);
  const c = cosineNearZero(rr);
  const odd = isOdd(quarters);
  const sign = sineSign(quarters);
  const swap = v128.and(v128.xor(s, c), odd);
  lastSine = v128.xor(v128.xor(s, swap), sign);
  // The cosine is negative where one of the two lowest bits is set, the sine where the second is.
  return v128.xor(v128.xor(c, swap), v128.xor(sign, i32x4.shl(odd, 31)));
}

/** The same for any x. */
export function sineAndCosineHost(x: v128): v128 {
  lastSine = hostSine(x);
  return hostCosine(x);
}

/** cos x; sin x is then {@link lastSine}. Absolute error at most 1.2e-7 up to |x| = 1,200. */
// @ts-ignore: decorator
@inline
export function sineAndCosine(x: v128): v128 {
  return isReducible(x) ? sineAndCosineReduced(x) : sineAndCosineHost(x);
}

/** sin x. */
// @ts-ignore: decorator
@inline
export function sine(x: v128): v128 {
  if (!isReducible(x)) return hostSine(x);
  const quarters = roundedQuarterTurns(x);
  const r = reduceArgument(x, quarters);
  const rr = f32x4.mul(r, r);
  return v128.xor(v128.bitselect(cosineNearZero(rr), sineNearZero(r, rr), isOdd(quarters)), sineSign(quarters));
}

/** cos x. */
// @ts-ignore: decorator
@inline
export function cosine(x: v128): v128 {
  return sineAndCosine(x);
}

/** 2^n for integers n in -126 ... 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** exp x, relative error at most 2e-7; underflows to 0, overflows to infinity. Coefficients: Cephes, expf.c. */
export function exponential(x: v128): v128 {
  const clamped = f32x4.max(f32x4.min(x, f32x4.splat(90)), f32x4.splat(-105));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = multiplyAdd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  const y = f32x4.add(multiplyAdd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  // The power is applied in two halves, so that the smallest results may be denormal and the largest infinite.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const result = f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
  return v128.bitselect(result, x, f32x4.eq(x, x));
}

/** tanh x. Coefficients: Cephes, tanhf.c. */
export function hyperbolicTangent(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const far = f32x4.sub(
    f32x4.splat(1),
    f32x4.div(f32x4.splat(2), f32x4.add(exponential(f32x4.add(magnitude, magnitude)), f32x4.splat(1))),
  );
  const xx = f32x4.mul(x, x);
  let p = multiplyAdd(xx, f32x4.splat(-5.70498872745e-3), f32x4.splat(2.06390887954e-2));
  p = multiplyAdd(p, xx, f32x4.splat(-5.37397155531e-2));
  p = multiplyAdd(p, xx, f32x4.splat(1.33314422036e-1));
  p = multiplyAdd(p, xx, f32x4.splat(-3.33332819422e-1));
  const nearZero = multiplyAdd(f32x4.mul(p, xx), x, x);
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(nearZero, v128.or(far, sign), f32x4.lt(magnitude, f32x4.splat(0.625)));
}

/** 1 / (1 + exp(-x)). */
export function logistic(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exponential(f32x4.neg(x))));
}

/** log(1 + exp(x)) = max(x, 0) + 2 artanh(t / (2 + t)) with t = exp(-|x|), whose argument is at most 1/3. */
export function softplus(x: v128): v128 {
  const t = exponential(f32x4.neg(f32x4.abs(x)));
  const y = f32x4.div(t, f32x4.add(f32x4.splat(2), t));
  const yy = f32x4.mul(y, y);
  let p = multiplyAdd(yy, f32x4.splat(1.0 / 15.0), f32x4.splat(1.0 / 13.0));
  p = multiplyAdd(p, yy, f32x4.splat(1.0 / 11.0));
  p = multiplyAdd(p, yy, f32x4.splat(1.0 / 9.0));
  p = multiplyAdd(p, yy, f32x4.splat(1.0 / 7.0));
  p = multiplyAdd(p, yy, f32x4.splat(1.0 / 5.0));
  p = multiplyAdd(p, yy, f32x4.splat(1.0 / 3.0));
  p = multiplyAdd(p, yy, f32x4.splat(1));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), f32x4.mul(f32x4.add(y, y), p));
}

/** The natural logarithm; -infinity at 0, NaN below. Coefficients: Cephes, logf.c. */
export function logarithm(x: v128): v128 {
  // Denormals are scaled up first.
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  const shift = v128.and(small, f32x4.splat(-23));
  // x = 2^e m with m between 1/2 and 1.
  const e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(scaled, 23), i32x4.splat(126)));
  const m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  const exponent = f32x4.add(f32x4.sub(e, v128.and(low, f32x4.splat(1))), shift);
  const r = f32x4.sub(f32x4.add(m, v128.and(low, m)), f32x4.splat(1));
  const rr = f32x4.mul(r, r);
  let p = multiplyAdd(r, f32x4.splat(7.0376836292e-2), f32x4.splat(-1.151461031e-1));
  p = multiplyAdd(p, r, f32x4.splat(1.167699874e-1));
  p = multiplyAdd(p, r, f32x4.splat(-1.2420140846e-1));
  p = multiplyAdd(p, r, f32x4.splat(1.4249322787e-1));
  p = multiplyAdd(p, r, f32x4.splat(-1.6668057665e-1));
  p = multiplyAdd(p, r, f32x4.splat(2.0000714765e-1));
  p = multiplyAdd(p, r, f32x4.splat(-2.4999993993e-1));
  p = multiplyAdd(p, r, f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, r), rr);
  y = multiplyAdd(exponent, f32x4.splat(-2.1219444e-4), y);
  y = multiplyAdd(rr, f32x4.splat(-0.5), y);
  y = multiplyAdd(exponent, f32x4.splat(0.693359375), f32x4.add(r, y));
  const isFinite = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
  // -infinity at 0 and NaN below; infinity and NaN stay.
  const below = v128.bitselect(f32x4.splat(-Infinity), f32x4.splat(NaN), f32x4.eq(x, f32x4.splat(0)));
  const edge = v128.bitselect(x, below, v128.or(f32x4.gt(x, f32x4.splat(0)), f32x4.ne(x, x)));
  return v128.bitselect(y, edge, isFinite);
}
