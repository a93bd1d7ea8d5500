/**
 * @file A loss that is a sum of penalties on single entries of the jets. It is computed tile by tile between the
 *   forward and the backward pass, so that the forward pass runs only once. It is described by core's `KernelLoss`.
 */
#pragma once
#include "tile.h"

/**
 * Penalises one block of the outputs of a tile, with rows `stride` apart at `source`. Writes the derivatives of the
 * loss to rows `to_stride` apart at `to`, which must hold zeros. Returns the sum of the penalties.
 */
static double penalise_block(const Tile *t, const Loss *loss, int index, int start, const float *source, size_t stride,
                             float *to, size_t to_stride) {
  const LossBlock *block = (const LossBlock *)at(t->memory, loss->blocks) + index;
  const LossTarget *targets = at(t->memory, loss->targets);
  const float factor = block->factor, scale = loss->gradientScale;
  if (factor == 0) return 0;
  float *registers = floats(t->scratch, t->program->temporaries), *table = at(t->memory, loss->table);
  const int features = loss->features, count = min_int(t->points, t->program->points - start) * features;
  const Formula *formula = at(t->memory, loss->formula);
  const float *penalties = result_of(t->memory, formula, 0, registers),
              *derivatives = result_of(t->memory, formula, 1, registers);
  const float *target = NULL, *weights = NULL;
  size_t target_stride = 0, weight_stride = 0, weight_step = 0;
  if (block->target != NONE) {
    const LossTarget *record = &targets[block->target];
    target_stride = record->width;
    target = (const float *)at(t->memory, record->source) + start * target_stride + block->column;
  }
  if (loss->weight != NONE) {
    const LossTarget *record = &targets[loss->weight];
    weight_stride = record->width;
    weight_step = record->width == 1 ? 0 : 1;
    weights = (const float *)at(t->memory, record->source) + start * weight_stride;
  }
  double sum = 0;
  int column = 0, to_column = 0;
  for (int first = 0; first < count; first += BLOCK) {
    const int length = min_int(BLOCK, count - first), whole = whole_vectors(length);
    for (int i = 0; i < length; i++) {
      registers[i] = source[column] - (target ? target[column] : 0);
      if (++column == features) {
        column = 0;
        source += stride;
        if (target) target += target_stride;
      }
    }
    for (int i = length; i < whole; i++) registers[i] = 0;
    run_formula(t->memory, formula, registers, table, whole);
    for (int i = 0; i < length; i++) {
      const float by = weights ? factor * weights[to_column * weight_step] : factor;
      sum += (double)(by * penalties[i]);
      to[to_column] = by * derivatives[i] * scale;
      if (++to_column == features) {
        to_column = 0;
        to += to_stride;
        if (weights) weights += weight_stride;
      }
    }
  }
  return sum;
}

/** The sum of a thread. */
INLINE double *thread_sum(uint8_t *memory, uint32_t sums, int thread) {
  return at(memory, sums + (uint32_t)thread * SUM_BYTES);
}
