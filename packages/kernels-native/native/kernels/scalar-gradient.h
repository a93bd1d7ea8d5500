/**
 * @file The value and the gradient of a field with one output, by a backward pass for the gradient instead of the jet,
 *   and the backward pass of both. The formulas are in `assembly/scalar-gradient.ts` of kernels-wasm, and the letters
 *   here are theirs.
 */
#pragma once
#include "run-program.h"

INLINE const Adjoint *adjoint_of(const Tile *t) {
  return at(t->memory, t->program->adjoint);
}

typedef enum {
  /** d = u s'(z). */
  MULTIPLY_BY_DERIVATIVE,
  /** From e_l, in place, to u-bar_l, and from u_l, in place, to c_l. */
  SECOND_ORDER,
  /** From h-bar_l, in place, to z-bar_l; c_l lies in the place of u_l. */
  BACKWARD_ACTIVATION,
} ScalarPass;

/** One of the three for all points of a tile; `x` is the place of d, e_l or h-bar_l. */
INLINE void through_activation(const Tile *t, const Operation *operation, const ScalarPass pass, float *x) {
  const Linear *linear = linear_of(t, operation);
  const size_t stride = operation->stride;
  float *u = floats(t->scratch, linear->u);
  if (linear->activation == 0) {
    // s' = 1 and s'' = 0.
    for (int point = 0; point < t->points; point++)
      for (int i = 0; i < operation->features; i += VW) {
        const size_t place = point * stride + i;
        if (pass == MULTIPLY_BY_DERIVATIVE) store(x + place, load(u + place));
        else if (pass == SECOND_ORDER) store(u + place, (vf){0});
      }
    return;
  }
  const Activation *activation = at(t->memory, linear->activation);
  const bool is_formula = activation->kind == ACTIVATION_FORMULA;
  const float omega = is_formula ? 0 : omega_of(t, activation);
  // The forward pass leaves the first derivative in the place of the pre-activations.
  const float *first_derivatives = floats(t->scratch, linear->z),
              *second_derivatives = floats(t->scratch, is_formula ? linear->keptDerivatives : operation->jet);
  for (int point = 0; point < t->points; point++)
    for (int i = 0; i < operation->features; i += VW) {
      const size_t place = point * stride + i;
      const vf s1 = load(first_derivatives + place);
      if (pass == MULTIPLY_BY_DERIVATIVE) store(x + place, load(u + place) * s1);
      else if (pass == SECOND_ORDER) {
        const vf e = load(x + place), s2 = is_formula ? load(second_derivatives + place)
                                                      : load(second_derivatives + place) * (-omega * omega);
        store(u + place, (e * load(u + place)) * s2);
        store(x + place, e * s1);
      } else store(x + place, load(x + place) * s1 + load(u + place));
    }
}

/** Forward and adjoint pass. Leaves the gradient in `g1`, with rows as long as those of the input. */
static void value_and_gradient(const Tile *t, int start) {
  const Program *program = t->program;
  const Adjoint *adjoint = adjoint_of(t);
  fill_input(t, input_of(t, 0), 0, 0, start);
  for (int index = 0; index < program->operationCount; index++) {
    const Operation *operation = operation_of(t->memory, program->operations, index);
    const Linear *linear = linear_of(t, operation);
    const Operand *operand = operand_of(t, operation, 0);
    float *z = floats(t->scratch, linear->z);
    rows_times_panels(floats(t->scratch, operand->jet), operand->stride, t->points, operand->features,
                      at(t->memory, linear->weights), linear->outPanels, z, operation->stride,
                      linear->bias ? at(t->memory, linear->bias) : NULL, linear->bias ? t->points : 0);
    if (linear->activation == 0) continue;
    activate(t, at(t->memory, linear->activation), 0, 0, z, floats(t->scratch, operation->jet), operation->stride,
             operation->features, true, floats(t->scratch, linear->keptDerivatives));
  }
  const Operation *last = last_operation(t);
  float *ones = floats(t->scratch, linear_of(t, last)->u);
  memset(ones, 0, (size_t)t->points * last->stride * sizeof(float));
  for (int point = 0; point < t->points; point++) ones[(size_t)point * last->stride] = 1;
  float *d = floats(t->scratch, adjoint->g2);
  for (int index = program->operationCount - 1; index >= 0; index--) {
    const Operation *operation = operation_of(t->memory, program->operations, index);
    const Linear *linear = linear_of(t, operation);
    through_activation(t, operation, MULTIPLY_BY_DERIVATIVE, d);
    const uint32_t target =
        index > 0 ? linear_of(t, operation_of(t->memory, program->operations, index - 1))->u : adjoint->g1;
    rows_times_panels(d, operation->stride, t->points, operation->features, at(t->memory, linear->transposed),
                      linear->inPanels, floats(t->scratch, target), operand_of(t, operation, 0)->stride, NULL, 0);
  }
}

/** Computes the values and the gradients of a tile. */
static void scalar_forward_of_tile(const Tile *t, int start) {
  const Operation *last = last_operation(t);
  const Input *input = input_of(t, 0);
  value_and_gradient(t, start);
  const int count = points_there(t, start);
  const float *values = floats(t->scratch, last->jet), *gradients = floats(t->scratch, adjoint_of(t)->g1);
  float *outputs = at(t->memory, t->program->outputs);
  for (int i = 0; i < count; i++) {
    outputs[start + i] = values[(size_t)i * last->stride];
    for (int k = 0; k < input->features; k++)
      outputs[(size_t)(k + 1) * t->program->blockPoints + start + i] = gradients[(size_t)i * input->stride + k];
  }
}

static void scalar_backward_tile(const Tile *t, int start) {
  const Program *program = t->program;
  const Adjoint *adjoint = adjoint_of(t);
  const Input *input = input_of(t, 0);
  const Operation *last = last_operation(t);
  const int count = points_there(t, start);
  const float *upstream = at(t->memory, program->upstream);
  float *b = floats(t->scratch, adjoint->g0), *e = floats(t->scratch, adjoint->g1),
        *d = floats(t->scratch, adjoint->g2);
  memset(b, 0, (size_t)t->points * input->stride * sizeof(float));
  for (int i = 0; i < count; i++)
    for (int k = 0; k < input->features; k++)
      b[(size_t)i * input->stride + k] = upstream[(size_t)(k + 1) * program->blockPoints + start + i];
  for (int index = 0; index < program->operationCount; index++) {
    const Operation *operation = operation_of(t->memory, program->operations, index);
    const Linear *linear = linear_of(t, operation);
    const Operand *operand = operand_of(t, operation, 0);
    through_activation(t, operation, MULTIPLY_BY_DERIVATIVE, d);
    if (linear->weightGradient != ABSENT)
      add_outer_products(b, operand->stride, t->points, padded_rows(operand->features), d, operation->stride,
                         linear->outPanels, floats(t->gradients, linear->weightGradient));
    rows_times_panels(b, operand->stride, t->points, operand->features, at(t->memory, linear->weights),
                      linear->outPanels, e, operation->stride, NULL, 0);
    through_activation(t, operation, SECOND_ORDER, e);
    float *swap = b;
    b = e;
    e = swap;
  }
  float *g = floats(t->scratch, adjoint->g0), *other = floats(t->scratch, adjoint->g1);
  memset(g, 0, (size_t)t->points * last->stride * sizeof(float));
  for (int i = 0; i < count; i++) g[(size_t)i * last->stride] = upstream[start + i];
  for (int index = program->operationCount - 1; index >= 0; index--) {
    const Operation *operation = operation_of(t->memory, program->operations, index);
    const Linear *linear = linear_of(t, operation);
    const Operand *operand = operand_of(t, operation, 0);
    through_activation(t, operation, BACKWARD_ACTIVATION, g);
    if (linear->weightGradient != ABSENT)
      add_outer_products(floats(t->scratch, operand->jet), operand->stride, t->points, padded_rows(operand->features),
                         g, operation->stride, linear->outPanels, floats(t->gradients, linear->weightGradient));
    if (linear->biasGradient != ABSENT)
      add_rows(g, operation->stride, t->points, linear->outPanels, floats(t->gradients, linear->biasGradient));
    if (index == 0 && input->gradient == ABSENT) return;
    rows_times_panels(g, operation->stride, t->points, operation->features, at(t->memory, linear->transposed),
                      linear->inPanels, other, operand->stride, NULL, 0);
    float *swap = g;
    g = other;
    other = swap;
  }
  copy_input_gradient(t, input, 1, start, g);
}

/** Adds the gradients of a tile to sums. */
static void scalar_backward_of_tile(const Tile *t, int start, bool is_kept) {
  if (!is_kept) value_and_gradient(t, start);
  scalar_backward_tile(t, start);
}

/** Adds the loss of a tile to `sum`, and its gradients to sums. */
static void scalar_loss_of_tile(const Tile *t, int start, double *sum) {
  const Loss *loss = at(t->memory, t->program->loss);
  const Operation *last = last_operation(t);
  const Input *input = input_of(t, 0);
  const int count = points_there(t, start);
  value_and_gradient(t, start);
  for (int block = 0; block <= input->features; block++) {
    float *upstream = (float *)at(t->memory, t->program->upstream) + (size_t)block * t->program->blockPoints + start;
    memset(upstream, 0, count * sizeof(float));
    const float *outputs =
        block == 0 ? floats(t->scratch, last->jet) : floats(t->scratch, adjoint_of(t)->g1) + block - 1;
    *sum += penalise_block(t, loss, block, start, outputs, block == 0 ? last->stride : input->stride, upstream, 1);
  }
  scalar_backward_tile(t, start);
}
