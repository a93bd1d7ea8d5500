/**
 * @file Vectors of VW float32 values, in the vector extensions of GCC and Clang. The sources in this folder are
 *   compiled once for each instruction set, with another VW: 4, 8 or 16.
 */
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * VW)));
typedef int32_t vi __attribute__((vector_size(4 * VW)));
typedef float vf_anywhere __attribute__((vector_size(4 * VW), aligned(4), may_alias));

INLINE vf load(const float *from) {
  return *(const vf_anywhere *)from;
}

INLINE void store(float *to, vf x) {
  *(vf_anywhere *)to = x;
}

INLINE vf splat(float x) {
  return x - (vf){0};
}

INLINE vi splat_integer(int32_t x) {
  return x - (vi){0};
}

/** The elements of `a` where all bits of the mask are set, and those of `b` where none are. */
INLINE vf choose(vi mask, vf a, vf b) {
  return (vf)((mask & (vi)a) | (~mask & (vi)b));
}

INLINE vf absolute(vf x) {
  return (vf)((vi)x & 0x7fffffff);
}

/** Whether |x| < limit for all elements; false if any is NaN. */
INLINE bool all_within(vf x, float limit) {
#if VW == 16 && defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)absolute(x), _mm512_set1_ps(limit), _CMP_LT_OQ) == 0xffff;
#elif VW == 8 && defined(__AVX__)
  return _mm256_movemask_ps(_mm256_cmp_ps((__m256)absolute(x), _mm256_set1_ps(limit), _CMP_LT_OQ)) == 0xff;
#elif VW == 4 && defined(__SSE2__)
  return _mm_movemask_ps(_mm_cmplt_ps((__m128)absolute(x), _mm_set1_ps(limit))) == 0xf;
#else
  vi within = absolute(x) < splat(limit);
  int32_t all = -1;
  for (int i = 0; i < VW; i++) all &= within[i];
  return all != 0;
#endif
}

INLINE vf square_root(vf x) {
#if VW == 16 && defined(__AVX512F__)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif VW == 8 && defined(__AVX__)
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif VW == 4 && defined(__SSE2__)
  return (vf)_mm_sqrt_ps((__m128)x);
#else
  for (int i = 0; i < VW; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

/** 1.5 * 2^23: adding it rounds to an integer. */
#define INTEGERS 12582912.0f

/** To the nearest integer, for |x| < 2^22. */
INLINE vf nearest(vf x) {
  return (x + INTEGERS) - INTEGERS;
}

/** For |x| < 2^31. */
INLINE vi truncated(vf x) {
  return __builtin_convertvector(x, vi);
}

/** The largest integer that is not above x. From 2^23 on every float is an integer. */
INLINE vf floor_of(vf x) {
  vi small = absolute(x) < splat(8388608.0f);
  vf inner = choose(small, x, (vf){0});
  vf whole = __builtin_convertvector(truncated(inner), vf);
  whole -= choose(whole > inner, splat(1), (vf){0});
  return choose(small, whole, x);
}

/** NaN where either is NaN. */
INLINE vf min_vf(vf a, vf b) {
  return choose((a < b) | (a != a), a, b);
}

INLINE vf max_vf(vf a, vf b) {
  return choose((a > b) | (a != a), a, b);
}

INLINE float sum_of(vf x) {
  float sum = 0;
  for (int i = 0; i < VW; i++) sum += x[i];
  return sum;
}

INLINE int min_int(int a, int b) {
  return a < b ? a : b;
}

/** A count up to a multiple of VW. */
INLINE int whole_vectors(int count) {
  return (count + VW - 1) & -VW;
}
