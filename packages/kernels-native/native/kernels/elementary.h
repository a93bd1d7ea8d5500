/** @file Elementary functions of vectors of float32 values: those of `assembly/elementary.ts` in kernels-wasm. */
#pragma once
#include "vector.h"

/**
 * Up to this magnitude the three-part pi / 2 below is accurate enough; beyond it, and for NaN, the C library is used.
 */
#define REACH 16384.0f

static __attribute__((noinline)) void far_sine_and_cosine(const float *x, float *sine, float *cosine) {
  for (int i = 0; i < VW; i++) {
    sine[i] = (float)sin((double)x[i]);
    cosine[i] = (float)cos((double)x[i]);
  }
}

/**
 * sin x and cos x, with an absolute error of at most 1.2e-7 up to |x| = 1,200. The range reduction is that of Cody and
 * Waite: pi / 2 is split into three parts, the first two short enough for their products to be exact. The polynomials
 * are those of the Cephes library (Moshier, sinf.c).
 */
INLINE void sine_and_cosine(vf x, vf *sine, vf *cosine) {
  if (__builtin_expect(!all_within(x, REACH), 0)) {
    float values[VW], sines[VW], cosines[VW];
    store(values, x);
    far_sine_and_cosine(values, sines, cosines);
    *sine = load(sines);
    *cosine = load(cosines);
    return;
  }
  // Adding 1.5 * 2^23 rounds to an integer, which is then in the lowest bits.
  vf quarters = x * 0.63661977236758134308f + INTEGERS;
  vf turns = quarters - INTEGERS;
  vf r = x - turns * 1.5703125f;
  r = r - turns * 4.837512969970703125e-4f;
  r = r - turns * 7.54978995489188216e-8f;
  vf rr = r * r;
  vf s = (rr * -1.9515295891e-4f + 8.3321608736e-3f) * rr + -1.6666654611e-1f;
  s = (s * rr) * r + r;
  vf c = (rr * 2.443315711809948e-5f + -1.388731625493765e-3f) * rr + 4.166664568298827e-2f;
  c = (c * rr) * rr + (rr * -0.5f + 1.0f);
  vi odd = ((vi)quarters << 31) >> 31;
  vi change = ((vi)s ^ (vi)c) & odd;
  // The cosine is negative where one of the two lowest bits is set, the sine where the second is.
  vi sign = ((vi)quarters << 30) & (int32_t)0x80000000;
  *sine = (vf)((vi)s ^ change ^ sign);
  *cosine = (vf)((vi)c ^ change ^ sign ^ (odd & (int32_t)0x80000000));
}

INLINE vf sine(vf x) {
  vf s, c;
  sine_and_cosine(x, &s, &c);
  return s;
}

INLINE vf cosine(vf x) {
  vf s, c;
  sine_and_cosine(x, &s, &c);
  return c;
}

/** 2^n for integers n in -126 ... 127. */
INLINE vf power_of_two(vi n) {
  return (vf)((n + 127) << 23);
}

/**
 * exp x, with a relative error of at most 2e-7; it underflows to 0 and overflows to infinity. Coefficients: Cephes,
 * expf.c.
 */
INLINE vf exponential(vf x) {
  // NaN is replaced by 0 here and restored at the end.
  vf within = choose(x == x, x, (vf){0});
  vf clamped = max_vf(min_vf(within, splat(90)), splat(-105));
  vf n = nearest(clamped * 1.44269504088896341f);
  vf r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  vf y = ((r * r) * p + r) + 1.0f;
  // The power is applied in two halves, so that the smallest results may be denormal and the largest infinite.
  vi whole = truncated(n);
  vi half = whole >> 1;
  vf result = (y * power_of_two(half)) * power_of_two(whole - half);
  return choose(x == x, result, x);
}

/** tanh x. Coefficients: Cephes, tanhf.c. */
INLINE vf hyperbolic_tangent(vf x) {
  vf size = absolute(x);
  vf far = 1.0f - 2.0f / (exponential(size + size) + 1.0f);
  vf xx = x * x;
  vf p = xx * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * xx + -5.37397155531e-2f;
  p = p * xx + 1.33314422036e-1f;
  p = p * xx + -3.33332819422e-1f;
  vf near_zero = (p * xx) * x + x;
  vi sign = (vi)x & (int32_t)0x80000000;
  return choose(size < splat(0.625f), near_zero, (vf)((vi)far | sign));
}

/** 1 / (1 + exp(-x)). */
INLINE vf logistic(vf x) {
  return 1.0f / (1.0f + exponential(-x));
}

/** log(1 + exp(x)) = max(x, 0) + 2 artanh(t / (2 + t)) with t = exp(-|x|), whose argument is at most 1/3. */
INLINE vf softplus(vf x) {
  vf t = exponential(-absolute(x));
  vf y = t / (2.0f + t);
  vf yy = y * y;
  vf p = yy * (1.0f / 15.0f) + 1.0f / 13.0f;
  p = p * yy + 1.0f / 11.0f;
  p = p * yy + 1.0f / 9.0f;
  p = p * yy + 1.0f / 7.0f;
  p = p * yy + 1.0f / 5.0f;
  p = p * yy + 1.0f / 3.0f;
  p = p * yy + 1.0f;
  return max_vf(x, splat(0)) + (y + y) * p;
}

/** The natural logarithm: -infinity at 0, NaN below it. Coefficients: Cephes, logf.c. */
INLINE vf logarithm(vf x) {
  // Denormals are scaled up first.
  vi small = x < splat(1.17549435e-38f);
  vf scaled = choose(small, x * 8388608.0f, x);
  vf shift = choose(small, splat(-23), (vf){0});
  // x = 2^e m with m between 1/2 and 1.
  vf e = __builtin_convertvector(((vi)scaled >> 23) - 126, vf);
  vf m = (vf)(((vi)scaled & 0x007fffff) | 0x3f000000);
  vi low = m < splat(0.707106781186547524f);
  vf exponent = (e - choose(low, splat(1), (vf){0})) + shift;
  vf r = (m + choose(low, m, (vf){0})) - 1.0f;
  vf rr = r * r;
  vf p = r * 7.0376836292e-2f + -1.151461031e-1f;
  p = p * r + 1.167699874e-1f;
  p = p * r + -1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r + -1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r + -2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  vf y = (p * r) * rr;
  y = exponent * -2.1219444e-4f + y;
  y = rr * -0.5f + y;
  y = exponent * 0.693359375f + (r + y);
  vi is_positive = x > (vf){0};
  vi is_finite = is_positive & (x < splat(INFINITY));
  // -infinity at 0, NaN below it; infinity and NaN are unchanged.
  vf below = choose(x == (vf){0}, splat(-INFINITY), splat(NAN));
  vf edge = choose(is_positive | (x != x), x, below);
  return choose(is_finite, y, edge);
}
