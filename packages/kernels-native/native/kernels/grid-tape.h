/**
 * @file What the gradients of tables need of a batch of points: the input of each grid, and the gradient of its
 *   features. Tile by tile, as `assembly/ops/grid-tape.ts` of kernels-wasm describes it.
 */
#pragma once
#include "tile.h"

/** The tape of a grid for the tile that begins at point `start`. */
INLINE float *tape_of(const Tile *t, const Grid *grid, int start) {
  const Program *program = t->program;
  return (float *)at(t->memory, program->tapes) + (size_t)start * program->tapeFloats + (size_t)t->points * grid->tape;
}

/** The gradients of the features of a level in a grid's tape. */
INLINE float *tape_gradients(const Tile *t, const Grid *grid, int level, float *tape) {
  return tape + (size_t)t->blocks * t->points * (grid->axes + level * grid->rowFeatures);
}

static void write_tape(const Tile *t, const Operation *operation, const Grid *grid, int start) {
  const Operand *operand = operand_of(t, operation, 0);
  const int rows = t->blocks * t->points, axes = grid->axes, features = grid->rowFeatures;
  float *tape = tape_of(t, grid, start);
  const float *x = floats(t->scratch, operand->jet), *g = floats(t->scratch, operation->gradient);
  for (int row = 0; row < rows; row++) copy_floats(tape + row * axes, x + (size_t)row * operand->stride, axes);
  for (int level = 0; level < grid->levelCount; level++, g += features) {
    float *to = tape_gradients(t, grid, level, tape);
    if (features == 2)
      for (int row = 0; row < rows; row++) copy_floats(to + row * 2, g + (size_t)row * operation->stride, 2);
    else
      for (int row = 0; row < rows; row++)
        copy_floats(to + row * features, g + (size_t)row * operation->stride, features);
  }
}
