#include "kernel-set.h"
#include "cpu.h"

extern const KernelSet kernels_portable;
#if defined(__x86_64__)
extern const KernelSet kernels_avx2, kernels_avx512;
#endif

int usable_kernel_sets(const KernelSet *sets[MOST_SETS]) {
  int count = 0;
#if defined(__x86_64__)
  if (has_avx512()) sets[count++] = &kernels_avx512;
  if (has_avx2()) sets[count++] = &kernels_avx2;
#endif
  sets[count++] = &kernels_portable;
  return count;
}
