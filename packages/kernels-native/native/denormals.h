/**
 * @file Denormal numbers count as 0 while kernels run. Processors take a hundred cycles and more for each of them, and
 *   the tails of Gaussians and of moments are full of them. Threads of JavaScript must not keep the mode.
 */
#pragma once
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>

/** Flush to zero, and denormals are zero. */
#define MXCSR_DENORMALS 0x8040u

/** Sets the mode of the calling thread. @returns the mode before */
static inline uint64_t flush_denormals(void) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | MXCSR_DENORMALS);
  return before;
}

static inline void restore_denormals(uint64_t before) {
  _mm_setcsr((unsigned)before);
}
#elif defined(__aarch64__)
/** Flush to zero, of inputs and results. */
#define FPCR_FZ (1ull << 24)

static inline uint64_t flush_denormals(void) {
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | FPCR_FZ));
  return before;
}

static inline void restore_denormals(uint64_t before) {
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
}
#else
static inline uint64_t flush_denormals(void) {
  return 0;
}
static inline void restore_denormals(uint64_t before) {
  (void)before;
}
#endif
