#include "kernel-set.h"
#if !EMULATED_TILES
#include "cpu.h"
#endif

extern const KernelSet kernels_portable;
#if defined(__x86_64__) && !EMULATED_TILES
extern const KernelSet kernels_avx2, kernels_avx512;
#endif
#if HAS_AMX || EMULATED_TILES
extern const KernelSet kernels_amx, kernels_amx_high;
#endif

int usable_kernel_sets(const KernelSet *sets[MAX_KERNEL_SETS]) {
  int count = 0;
#if EMULATED_TILES
  sets[count++] = &kernels_amx;
  sets[count++] = &kernels_amx_high;
#elif defined(__x86_64__)
#if HAS_AMX
  if (has_avx512() && has_amx()) {
    sets[count++] = &kernels_amx;
    sets[count++] = &kernels_amx_high;
  }
#endif
  if (has_avx512()) sets[count++] = &kernels_avx512;
  if (has_avx2()) sets[count++] = &kernels_avx2;
#endif
  sets[count++] = &kernels_portable;
  return count;
}
