/** @file The kernels of one instruction set, and the choice among those that were compiled. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All functions take the memory that holds records and data; addresses count bytes from its start. */
typedef struct {
  /** Such as `AVX-512`. */
  const char *name;
  /** Floats of a vector, and columns of a panel. */
  int panel;
  /** Bytes of workspace that each thread needs, aligned to 64; 0 if none. */
  size_t workspace_bytes;
  /** One thread's share of a job. */
  void (*run)(uint8_t *memory, uint8_t *workspace, int kind, uint32_t job, int thread, int threads);
  void (*pack_parameters)(uint8_t *memory, uint32_t list, int count, int field);
  void (*collect_gradients)(uint8_t *memory, uint32_t list, int count, uint32_t sums, uint32_t flat);
  void (*join_fields)(uint8_t *memory, uint32_t job, int threads);
  void (*collect_fields)(uint8_t *memory, uint32_t job, int threads);
  void (*add_threads)(uint8_t *memory, uint32_t sums, uint32_t bytes, int threads);
  /** Packs a matrix `[depth][columns]`, or where `is_transposed` one that is stored as `[columns][depth]`. */
  void (*pack_matrix)(uint8_t *memory, uint32_t source, int depth, int columns, bool is_transposed, uint32_t target);
  /** Bytes of a packed weight matrix `[depth][columns]`. */
  int (*weight_bytes)(int depth, int columns);
  int (*grid_kept_bytes)(int axes, int row_features, int blocks);
  int (*grid_scratch_bytes)(int axes, int blocks);
} KernelSet;

/** The maximum number of kernel sets in a build. */
#define MAX_KERNEL_SETS 5

/** Finds the sets that this processor can run, best first. Returns how many there are. */
int usable_kernel_sets(const KernelSet *sets[MAX_KERNEL_SETS]);
