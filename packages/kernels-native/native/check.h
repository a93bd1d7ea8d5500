/**
 * @file Whether records and the addresses in them lie inside the memory, before a kernel follows them: a wrong call is
 *   an error then, and not the end of the process. What is checked is where kernels read and write; which of their own
 *   numbers the records name there is up to whoever wrote them.
 */
#pragma once
#include <stdint.h>
#include "kernel-set.h"

/** The memory of a machine. Its length grows, its place does not change. */
typedef struct {
  uint8_t *bytes;
  uint64_t length;
  const KernelSet *kernels;
} Memory;

/** All of these return what is wrong, or NULL where nothing is. */
typedef const char *Problem;

/** A job that `threads` threads are to run, but for the parts that `check_share` checks. */
Problem check_job(const Memory *memory, uint32_t kind, uint32_t job, int threads);

/** The part of a job that one thread alone uses; each thread checks its own. */
Problem check_share(const Memory *memory, uint32_t kind, uint32_t job, int thread);

Problem check_range(const Memory *memory, uint32_t address, uint64_t bytes);
Problem check_add_threads(const Memory *memory, uint32_t sums, uint32_t bytes, uint32_t threads);
Problem check_packings(const Memory *memory, uint32_t list, uint32_t count, uint32_t field);
Problem check_collections(const Memory *memory, uint32_t list, uint32_t count, uint32_t sums, uint32_t flat);

/** A job for many fields, whose results are to be added up; see `join_fields` and `collect_fields`. */
Problem check_fields(const Memory *memory, uint32_t job, uint32_t threads);

Problem check_weight(int64_t depth, int64_t columns);
Problem check_matrix(const Memory *memory, uint32_t source, uint32_t depth, uint32_t columns, uint32_t target);
Problem check_grid(uint32_t axes, uint32_t row_features, uint32_t blocks);
