/** @file A linear map of a jet, and an activation behind it: `linearJet` in core. */
#pragma once
#include "activation.h"
#include "product.h"

INLINE const Linear *linear_of(const Tile *t, const Operation *operation) {
  return at(t->memory, operation->detail);
}

/** The rows of weight gradients are filled up to a multiple of 4. */
INLINE int padded_rows(int features) {
  return (features + 3) & ~3;
}

static void linear_forward(const Tile *t, const Operation *operation, bool for_backward) {
  const Linear *linear = linear_of(t, operation);
  const Operand *operand = operand_of(t, operation, 0);
  const float *x = floats(t->scratch, operand->jet), *weights = at(t->memory, linear->weights);
  float *z = floats(t->scratch, linear->z);
  const float *bias = linear->bias ? at(t->memory, linear->bias) : NULL;
  const size_t stride = operation->stride;
  rows_times_panels(x, operand->stride, t->blocks * t->points, operand->features, weights, linear->outPanels, z, stride,
                    bias, bias ? t->points : 0);
  if (linear->activation == 0) return;
  activate(t, at(t->memory, linear->activation), t->forms->first, t->forms->second, z,
           floats(t->scratch, operation->jet), stride, operation->features, for_backward,
           floats(t->scratch, linear->keptDerivatives));
}

static void linear_backward(const Tile *t, const Operation *operation) {
  const Linear *linear = linear_of(t, operation);
  const Operand *operand = operand_of(t, operation, 0);
  const size_t stride_x = operand->stride, stride = operation->stride;
  float *g = floats(t->scratch, operation->gradient);
  if (linear->activation != 0)
    activate_backward(t, at(t->memory, linear->activation), floats(t->scratch, linear->z),
                      floats(t->scratch, operation->jet), g, stride, operation->features, true,
                      floats(t->scratch, linear->keptDerivatives));
  if (linear->weightGradient != ABSENT)
    add_outer_products(floats(t->scratch, operand->jet), stride_x, t->blocks * t->points,
                       padded_rows(operand->features), g, stride, linear->outPanels,
                       floats(t->gradients, linear->weightGradient));
  if (linear->biasGradient != ABSENT)
    add_rows(g, stride, t->points, linear->outPanels, floats(t->gradients, linear->biasGradient));
  if (!is_wanted(operand)) return;
  rows_times_panels(g, stride, operand->gradientBlocks * t->points, operation->features,
                    at(t->memory, linear->transposed), linear->inPanels, contribution_place(t, operand), stride_x,
                    NULL, 0);
  add_contribution(t, operand);
}
