#include "kernel-set.h"

extern const KernelSet kernels_portable;
#if defined(__x86_64__)
extern const KernelSet kernels_avx2, kernels_avx512;
#endif

int usable_kernel_sets(const KernelSet *sets[MOST_SETS]) {
  int count = 0;
#if defined(__x86_64__)
  // These ask the operating system too, which has to save the registers.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
    sets[count++] = &kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = &kernels_avx2;
#endif
  sets[count++] = &kernels_portable;
  return count;
}
