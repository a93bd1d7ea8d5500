/**
 * @file The kernels of one instruction set, compiled with VW, KERNELS, the name of what it defines, and KERNELS_NAME.
 */
#include "../kernel-set.h"
#include "jobs.h"

static void collect_all(uint8_t *memory, uint32_t list, int count, uint32_t sums, uint32_t flat) {
  collect_gradients(memory, list, count, ALL_PARAMETERS, memory + sums, memory + flat);
}

/** Adds the sums of all threads to those of the first, in order. `bytes` is a multiple of 64. */
static void add_threads(uint8_t *memory, uint32_t sums, uint32_t bytes, int threads) {
  float *to = at(memory, sums);
  for (int thread = 1; thread < threads; thread++) {
    const float *from = (const float *)(memory + sums + (size_t)thread * bytes);
    for (size_t i = 0; i < bytes / 4; i += VW) store(to + i, load(to + i) + load(from + i));
  }
}

static void pack_matrix(uint8_t *memory, uint32_t source, int depth, int columns, bool is_transposed, uint32_t target) {
  if (is_transposed) pack_transposed_panels(at(memory, source), depth, columns, at(memory, target));
  else pack_panels(at(memory, source), depth, columns, at(memory, target));
}

static void run_share(uint8_t *memory, uint8_t *own, int kind, uint32_t job, int thread, int threads) {
#if PARTS
  workspace = (uint16_t *)own;
  begin_tiles();
#else
  (void)own;
#endif
  run_job(memory, kind, job, thread, threads);
#if PARTS
  end_tiles();
#endif
}

#if !PARTS
#define WORKSPACE_BYTES 0
#endif

const KernelSet KERNELS = {
    .name = KERNELS_NAME,
    .panel = VW,
    .workspace_bytes = WORKSPACE_BYTES,
    .run = run_share,
    .pack_parameters = pack_parameters,
    .collect_gradients = collect_all,
    .join_fields = join_fields,
    .collect_fields = collect_fields,
    .add_threads = add_threads,
    .pack_matrix = pack_matrix,
    .weight_bytes = weight_bytes,
    .grid_kept_bytes = grid_kept_bytes,
    .grid_scratch_bytes = grid_scratch_bytes,
};
