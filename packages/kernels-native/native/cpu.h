/**
 * @file What a processor of x64 can do. It is asked directly, since `__builtin_cpu_supports` needs a run-time library
 *   that not every compiler links.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <cpuid.h>
#if HAS_AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif

/** Bits of leaf 1, of leaf 7, and of XCR0; Intel's "Software Developer's Manual", volume 2, CPUID and volume 3, 2.6. */
#define LEAF_1_C_AVX (1u << 12 | 1u << 27 | 1u << 28)
#define LEAF_7_B_AVX2 (1u << 5)
#define LEAF_7_B_AVX512 (1u << 16 | 1u << 17 | 1u << 30 | 1u << 31)
#define XCR0_AVX 0x06u
#define XCR0_AVX512 0xe6u
/** AMX-BF16 and AMX-TILE; the configuration of tiles and their contents. */
#define LEAF_7_D_AMX (1u << 22 | 1u << 24)
#define XCR0_AMX 0x60000u
/** A request to `arch_prctl`, and what it asks for; the kernel's `asm/prctl.h`. */
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

/** Whether the processor has the instructions of a set, and the operating system saves the set's registers. */
static bool has_instructions(uint32_t leaf_7_b, uint32_t xcr0) {
  uint32_t a, b, c, d;
  // FMA, OSXSAVE and AVX; only with the second of them may XCR0 be read.
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & LEAF_1_C_AVX) != LEAF_1_C_AVX) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & leaf_7_b) != leaf_7_b) return false;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & xcr0) == xcr0;
}

/** AVX2 with fused multiplication and addition. */
static bool has_avx2(void) {
  return has_instructions(LEAF_7_B_AVX2, XCR0_AVX);
}

/** AVX-512 F, DQ, BW and VL. */
static bool has_avx512(void) {
  return has_instructions(LEAF_7_B_AVX512, XCR0_AVX512);
}

#if HAS_AMX
/** AMX for bf16. Linux gives its registers to processes that ask for them (Documentation/arch/x86/xstate.rst). */
static bool has_amx(void) {
  uint32_t a, b, c, d;
  if (!has_instructions(0, XCR0_AMX) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return (d & LEAF_7_D_AMX) == LEAF_7_D_AMX && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#endif
#endif
