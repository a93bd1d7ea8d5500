/**
 * @file The gradients of tables, from the tapes of a batch of points; see `assembly/ops/grid-tape.ts` of kernels-wasm.
 *   Each thread has levels, or ranges of their rows, of its own, so sums do not depend on the number of threads.
 */
#pragma once
#include "grid-value.h"

/** Bytes of a line, as a power of two. */
#define LINE_SHIFT 6

/** A range of rows of one level, whose gradients a thread adds up. */
typedef struct {
  int level;
  /** Offsets of its first row in the table, and of the first after it. */
  uint32_t first, end;
  uint8_t *sums;
  /** One byte for each line of the sums. */
  uint8_t *marks;
} RowSums;

/** Marks the lines of a row. */
INLINE void mark_row(const RowSums *range, uint32_t row, const int features) {
  const uint32_t last = (row + features * 4 - 1) >> LINE_SHIFT;
  for (uint32_t line = row >> LINE_SHIFT; line <= last; line++) range->marks[line] = 1;
}

INLINE bool is_in(const RowSums *range, uint32_t row) {
  return row >= range->first && row < range->end;
}

/** Adds what the values of a tile contribute. */
INLINE void add_values(const Tile *t, const Grid *grid, const RowSums *range, float *tape, int count, const int axes,
                       const int features, const bool is_hashed) {
  const LevelConstants constants = constants_of(t->memory, grid, range->level);
  const float *x = tape, *g = tape_gradients(t, grid, range->level, tape);
  for (int point = 0; point < count; point++, x += axes, g += features) {
    uint32_t rows[8];
    float weights[8];
    find_corners(&constants, x, axes, features, is_hashed, rows, weights);
    for (int corner = 0; corner < 1 << axes; corner++) {
      if (!is_in(range, rows[corner])) continue;
      float *row = floats(range->sums, rows[corner]);
      for (int f = 0; f < features; f++) row[f] += weights[corner] * g[f];
      mark_row(range, rows[corner], features);
    }
  }
}

INLINE void add_values_of_features(const Tile *t, const Grid *grid, const RowSums *range, float *tape, int count,
                                   const int axes, const bool is_hashed) {
  if (grid->rowFeatures == 2) add_values(t, grid, range, tape, count, axes, 2, is_hashed);
  else add_values(t, grid, range, tape, count, axes, grid->rowFeatures, is_hashed);
}

/** Adds what the jets of a tile contribute. */
static void add_jets(const Tile *t, const Grid *grid, const RowSums *range, float *tape, int count) {
  const int features = grid->rowFeatures, corners = min_int(4, 1 << grid->axes);
  const size_t in_block = (size_t)t->points * grid->axes, out_block = (size_t)t->points * features;
  const Cell c = cell_of(t, grid, 0, range->level);
  const float *x = tape, *g = tape_gradients(t, grid, range->level, tape);
  // All points share the place of the first one's lookup.
  for (int point = 0; point < count; point++, x += grid->axes, g += features) {
    find_rows(&c, x);
    make_coefficients(&c, x, in_block);
    for (int f = 0; f < features; f++)
      for (int group = 0; group < c.groups; group++) {
        const four part = row_gradients(&c, g + f, out_block, group);
        for (int corner = 0; corner < corners; corner++) {
          const uint32_t row = c.rows[group][corner];
          if (!is_in(range, row)) continue;
          floats(range->sums, row)[f] += part[corner];
          if (f == 0) mark_row(range, row, features);
        }
      }
  }
}

/** Adds the gradients of one range of rows from the tapes of all tiles. */
static void add_to_rows(const Tile *t, const Grid *grid, const RowSums *range) {
  const bool is_hashed = ((const GridLevel *)at(t->memory, grid->levels))[range->level].mask != NONE;
  const bool is_value = t->blocks == 1 && grid->rowFeatures <= MAX_VALUE_FEATURES;
  for (int start = 0; start < t->program->points; start += t->points) {
    const int count = min_int(t->points, t->program->points - start);
    float *tape = tape_of(t, grid, start);
    if (is_value && grid->axes == 2)
      if (is_hashed) add_values_of_features(t, grid, range, tape, count, 2, true);
      else add_values_of_features(t, grid, range, tape, count, 2, false);
    else if (is_value && grid->axes == 3)
      if (is_hashed) add_values_of_features(t, grid, range, tape, count, 3, true);
      else add_values_of_features(t, grid, range, tape, count, 3, false);
    else add_jets(t, grid, range, tape, count);
  }
}

/** One thread's share of the rows of all tables. */
static void run_table_gradients(uint8_t *memory, uint32_t job, int thread, int threads) {
  Program *program = at(memory, job);
  const Tile t =
      tile_of(memory, program, memory + program->scratch + (size_t)thread * program->scratchBytes, NULL);
  int unit = 0;
  for (int index = 0; index < program->tableOperationCount; index++) {
    const Operation *operation = operation_of(memory, program->tableOperations, index);
    const Grid *grid = at(memory, operation->detail);
    const GridLevel *levels = at(memory, grid->levels);
    const uint32_t row_bytes = (uint32_t)grid->rowFeatures * 4;
    for (int i = 0; i < grid->levelCount; i++)
      for (int part = 0; part < program->tableParts; part++) {
        if (unit++ % threads != thread) continue;
        const int64_t rows = levels[i].rows;
        const uint32_t first = (uint32_t)(rows * part / program->tableParts);
        const uint32_t end = (uint32_t)(rows * (part + 1) / program->tableParts);
        const RowSums range = {i, (levels[i].firstRow + first) * row_bytes, (levels[i].firstRow + end) * row_bytes,
                               memory + program->tableSums + grid->tableGradient,
                               memory + program->marks + (grid->tableGradient >> LINE_SHIFT)};
        add_to_rows(&t, grid, &range);
      }
  }
}
