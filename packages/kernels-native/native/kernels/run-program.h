/**
 * @file Runs programs on a batch of points, tile by tile: forward, and backward after recomputing the forward pass. A
 *   tile's jets stay in the second-level cache, and nothing as large as points times width is kept but what the caller
 *   has room for.
 */
#pragma once
#include "table-gradients.h"
#include "linear.h"
#include "loss.h"
#include "operations.h"

/** How many points of the tile exist; a tile that is not full repeats the last one. */
INLINE int points_there(const Tile *t, int start) {
  return min_int(t->points, t->program->points - start);
}

/**
 * An input's jet, of which `first` and `second` blocks are wanted. That of coordinates: themselves, unit first
 * derivatives, no second ones.
 */
static void fill_input(const Tile *t, const Input *input, int first, int second, int start) {
  const Program *program = t->program;
  const int k = input->features, blocks = 1 + first + second, given = input->sourceIsJet ? blocks : 1;
  float *to = floats(t->scratch, input->jet);
  memset(to, 0, (size_t)blocks * t->points * input->stride * sizeof(float));
  for (int block = 0; block < given; block++)
    for (int i = 0; i < t->points; i++) {
      const size_t point = (size_t)block * program->blockPoints + min_int(start + i, program->points - 1);
      copy_floats(to + (size_t)(block * t->points + i) * input->stride,
                  (const float *)at(t->memory, input->source) + point * k, k);
    }
  if (input->sourceIsJet) return;
  for (int axis = 0; axis < first; axis++)
    for (int i = 0; i < t->points; i++) to[(size_t)((axis + 1) * t->points + i) * input->stride + axis] = 1;
}

static void forward_tile(const Tile *t, int start, bool for_backward) {
  const Program *program = t->program;
  for (int index = 0; index < program->inputCount; index++)
    fill_input(t, input_of(t, index), t->forms->first, t->forms->second, start);
  for (int index = 0; index < program->operationCount; index++) {
    const Operation *operation = operation_of(t->memory, program->operations, index);
    switch (operation->kind) {
      case OPERATION_LINEAR: linear_forward(t, operation, for_backward); break;
      case OPERATION_ELEMENTWISE: elementwise_forward(t, operation); break;
      case OPERATION_CONCAT: concat_forward(t, operation); break;
      case OPERATION_SUM: sum_forward(t, operation); break;
      case OPERATION_PRODUCT: product_forward(t, operation); break;
      case OPERATION_COLUMNS: columns_forward(t, operation); break;
      case OPERATION_CONSTANT: constant_forward(t, operation); break;
      case OPERATION_GRID: grid_of_tile(t, operation); break;
      default: __builtin_trap();
    }
  }
}

/** Copies a tile's rows of the gradient of the outputs to where the backward pass begins. */
static void fill_upstream(const Tile *t, int start) {
  const Operation *last = last_operation(t);
  const int count = points_there(t, start), o = last->features;
  float *to = floats(t->scratch, last->gradient);
  memset(to, 0, (size_t)t->blocks * t->points * last->stride * sizeof(float));
  const float *upstream = at(t->memory, t->program->upstream);
  for (int block = 0; block < t->blocks; block++)
    for (int i = 0; i < count; i++)
      copy_floats(to + (size_t)(block * t->points + i) * last->stride,
                  upstream + ((size_t)block * t->program->blockPoints + start + i) * o, o);
}

/** Copies the gradient of an input, with rows of the input's stride at `from`, to its destination. */
static void copy_input_gradient(const Tile *t, const Input *input, int blocks, int start, const float *from) {
  const int count = points_there(t, start), k = input->features;
  float *to = at(t->memory, input->sourceGradient);
  for (int block = 0; block < blocks; block++)
    for (int i = 0; i < count; i++)
      copy_floats(to + ((size_t)block * t->program->blockPoints + start + i) * k,
                  from + (size_t)(block * t->points + i) * input->stride, k);
}

/** The backward pass of a tile whose gradient of the outputs has been filled in. */
static void backward_tile(const Tile *t, int start) {
  const Program *program = t->program;
  for (int index = 0; index < program->backwardCount; index++) {
    const Operation *operation = operation_of(t->memory, program->backwardOperations, index);
    switch (operation->kind) {
      case OPERATION_LINEAR: linear_backward(t, operation); break;
      case OPERATION_ELEMENTWISE: elementwise_backward(t, operation); break;
      case OPERATION_CONCAT: concat_backward(t, operation); break;
      case OPERATION_SUM: sum_backward(t, operation); break;
      case OPERATION_PRODUCT: product_backward(t, operation); break;
      case OPERATION_COLUMNS: columns_backward(t, operation); break;
      case OPERATION_CONSTANT: constant_backward(t, operation); break;
      case OPERATION_GRID: grid_gradient_of_tile(t, operation, start); break;
      default: __builtin_trap();
    }
  }
  for (int index = 0; index < program->inputCount; index++) {
    const Input *input = input_of(t, index);
    if (input->gradient != ABSENT)
      copy_input_gradient(t, input, input->sourceIsJet ? t->blocks : 1, start, floats(t->scratch, input->gradient));
  }
}

/** Computes the outputs of a tile. */
static void forward_of_tile(const Tile *t, int start, bool is_kept) {
  forward_tile(t, start, is_kept);
  const Operation *last = last_operation(t);
  const int count = points_there(t, start), o = last->features;
  const float *from = floats(t->scratch, last->jet);
  float *to = at(t->memory, t->program->outputs);
  for (int block = 0; block < t->blocks; block++)
    for (int i = 0; i < count; i++)
      copy_floats(to + ((size_t)block * t->program->blockPoints + start + i) * o,
                  from + (size_t)(block * t->points + i) * last->stride, o);
}

/** Adds the gradients of a tile to sums. */
static void backward_of_tile(const Tile *t, int start, bool is_kept) {
  if (!is_kept) forward_tile(t, start, true);
  fill_upstream(t, start);
  backward_tile(t, start);
}

/** Adds the loss of a tile to `sum`, and its gradients to sums. */
static void loss_of_tile(const Tile *t, int start, double *sum) {
  const Loss *loss = at(t->memory, t->program->loss);
  const Operation *last = last_operation(t);
  const size_t block = (size_t)t->points * last->stride;
  forward_tile(t, start, true);
  const float *outputs = floats(t->scratch, last->jet);
  float *upstream = floats(t->scratch, last->gradient);
  memset(upstream, 0, t->blocks * block * sizeof(float));
  for (int k = 0; k < t->blocks; k++)
    *sum += penalise_block(t, loss, k, start, outputs + k * block, last->stride, upstream + k * block, last->stride);
  backward_tile(t, start);
}
