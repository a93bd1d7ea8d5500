/**
 * @file The operations that move, add, multiply and transform features, by the rules of core's `ops/` of the same
 *   names.
 */
#pragma once
#include "activation.h"
#include "product.h"

static void elementwise_forward(const Tile *t, const Operation *operation) {
  activate(t, at(t->memory, operation->detail), t->forms->first, t->forms->second,
           floats(t->scratch, operand_of(t, operation, 0)->jet), floats(t->scratch, operation->jet), operation->stride,
           operation->features, false, NULL);
}

static void elementwise_backward(const Tile *t, const Operation *operation) {
  const Operand *operand = operand_of(t, operation, 0);
  float *g = floats(t->scratch, operation->gradient);
  activate_backward(t, at(t->memory, operation->detail), floats(t->scratch, operand->jet),
                    floats(t->scratch, operation->jet), g, operation->stride, operation->features, false, NULL);
  // If nothing else reads the operand, its gradient overwrites this one.
  if (!is_wanted(operand) || operand->gradient == operation->gradient) return;
  const int rows = operand->gradientBlocks * t->points;
  for (int row = 0; row < rows; row++) {
    const float *from = g + (size_t)row * operation->stride;
    float *to = floats(t->scratch, operand->gradient) + (size_t)row * operation->stride;
    for (int i = 0; i < operation->features; i += VW)
      store(to + i, operand->accumulates ? load(to + i) + load(from + i) : load(from + i));
  }
}

static void columns_forward(const Tile *t, const Operation *operation) {
  const Operand *operand = operand_of(t, operation, 0);
  const int32_t *columns = at(t->memory, operation->detail);
  for (int row = 0; row < t->blocks * t->points; row++) {
    const float *from = floats(t->scratch, operand->jet) + (size_t)row * operand->stride;
    float *to = floats(t->scratch, operation->jet) + (size_t)row * operation->stride;
    for (int j = 0; j < operation->features; j++) to[j] = from[columns[j]];
  }
}

static void columns_backward(const Tile *t, const Operation *operation) {
  const Operand *operand = operand_of(t, operation, 0);
  if (!is_wanted(operand)) return;
  const int32_t *columns = at(t->memory, operation->detail);
  float *target = contribution_place(t, operand);
  for (int row = 0; row < operand->gradientBlocks * t->points; row++) {
    const float *g = floats(t->scratch, operation->gradient) + (size_t)row * operation->stride;
    float *to = target + (size_t)row * operand->stride;
    for (int i = 0; i < operand->features; i++) to[i] = 0;
    for (int j = 0; j < operation->features; j++) to[columns[j]] += g[j];
  }
  add_contribution(t, operand);
}

static void concat_forward(const Tile *t, const Operation *operation) {
  float *place = floats(t->scratch, operation->jet);
  for (int index = 0; index < operation->operandCount; index++) {
    const Operand *operand = operand_of(t, operation, index);
    for (int row = 0; row < t->blocks * t->points; row++)
      copy_floats(place + (size_t)row * operation->stride,
                  floats(t->scratch, operand->jet) + (size_t)row * operand->stride, operand->features);
    place += operand->features;
  }
}

static void concat_backward(const Tile *t, const Operation *operation) {
  const float *g = floats(t->scratch, operation->gradient);
  for (int index = 0; index < operation->operandCount; index++) {
    const Operand *operand = operand_of(t, operation, index);
    if (is_wanted(operand)) {
      float *to = contribution_place(t, operand);
      for (int row = 0; row < operand->gradientBlocks * t->points; row++)
        copy_floats(to + (size_t)row * operand->stride, g + (size_t)row * operation->stride, operand->features);
      add_contribution(t, operand);
    }
    g += operand->features;
  }
}

static void constant_forward(const Tile *t, const Operation *operation) {
  const Constant *constant = at(t->memory, operation->detail);
  const float *values = at(t->memory, constant->values);
  for (int row = 0; row < t->blocks * t->points; row++) {
    float *to = floats(t->scratch, operation->jet) + (size_t)row * operation->stride;
    for (int i = 0; i < operation->features; i += VW) store(to + i, row < t->points ? load(values + i) : (vf){0});
  }
}

static void constant_backward(const Tile *t, const Operation *operation) {
  const Constant *constant = at(t->memory, operation->detail);
  if (constant->gradient == ABSENT) return;
  add_rows(floats(t->scratch, operation->gradient), operation->stride, t->points,
           whole_vectors(operation->features) / VW, floats(t->gradients, constant->gradient));
}

static void sum_forward(const Tile *t, const Operation *operation) {
  const float *coefficients = at(t->memory, operation->detail);
  for (int index = 0; index < operation->operandCount; index++) {
    const float coefficient = coefficients[index];
    for (int row = 0; row < t->blocks * t->points; row++) {
      const size_t offset = (size_t)row * operation->stride;
      const float *x = floats(t->scratch, operand_of(t, operation, index)->jet) + offset;
      float *y = floats(t->scratch, operation->jet) + offset;
      for (int i = 0; i < operation->features; i += VW) {
        const vf part = load(x + i) * coefficient;
        store(y + i, index == 0 ? part : load(y + i) + part);
      }
    }
  }
}

static void sum_backward(const Tile *t, const Operation *operation) {
  const float *coefficients = at(t->memory, operation->detail);
  for (int index = 0; index < operation->operandCount; index++) {
    const Operand *operand = operand_of(t, operation, index);
    if (!is_wanted(operand)) continue;
    for (int row = 0; row < operand->gradientBlocks * t->points; row++) {
      const size_t offset = (size_t)row * operation->stride;
      const float *g = floats(t->scratch, operation->gradient) + offset;
      float *to = floats(t->scratch, operand->gradient) + offset;
      for (int i = 0; i < operation->features; i += VW) {
        const vf part = load(g + i) * coefficients[index];
        store(to + i, operand->accumulates ? load(to + i) + part : part);
      }
    }
  }
}

/** The formulas of the product and of its backward pass are in `assembly/ops/product.ts` of kernels-wasm. */
static void product_forward(const Tile *t, const Operation *operation) {
  const size_t block = (size_t)t->points * operation->stride;
  const int first = t->forms->first, second = t->forms->second;
  for (int point = 0; point < t->points; point++) {
    const size_t row = (size_t)point * operation->stride;
    const float *a = floats(t->scratch, operand_of(t, operation, 0)->jet) + row;
    const float *b = floats(t->scratch, operand_of(t, operation, 1)->jet) + row;
    float *h = floats(t->scratch, operation->jet) + row;
    for (int i = 0; i < operation->features; i += VW) {
      const vf a0 = load(a + i), b0 = load(b + i);
      store(h + i, a0 * b0);
      for (int k = 1; k < t->blocks; k++)
        store(h + k * block + i, load(a + k * block + i) * b0 + a0 * load(b + k * block + i));
      if (second == 0) continue;
      for (int p = 0; p < t->forms->pairCount; p++) {
        const size_t k = pair_block(t, p, 0) * block + i, l = pair_block(t, p, 1) * block + i;
        const vf mixed = load(a + k) * load(b + l) + load(a + l) * load(b + k);
        for (int j = 0; j < second; j++) {
          float *place = h + (1 + first + j) * block + i;
          store(place, load(place) + weight_of(t, j, p) * mixed);
        }
      }
    }
  }
}

/** The gradient of one factor. */
static void contribute_factor(const Tile *t, const Operation *operation, const Operand *operand, const Operand *other) {
  if (!is_wanted(operand)) return;
  const size_t block = (size_t)t->points * operation->stride;
  const int first = t->forms->first, second = t->forms->second;
  float *target = contribution_place(t, operand);
  for (int point = 0; point < t->points; point++) {
    const size_t row = (size_t)point * operation->stride;
    const float *g = floats(t->scratch, operation->gradient) + row, *b = floats(t->scratch, other->jet) + row;
    float *to = target + row;
    for (int i = 0; i < operation->features; i += VW) {
      const vf b0 = load(b + i);
      vf sum = load(g + i) * b0;
      for (int k = 1; k < t->blocks; k++) {
        const vf gk = load(g + k * block + i);
        sum += gk * load(b + k * block + i);
        if (k < operand->gradientBlocks) store(to + k * block + i, gk * b0);
      }
      store(to + i, sum);
      if (second == 0 || operand->gradientBlocks == 1) continue;
      for (int p = 0; p < t->forms->pairCount; p++) {
        const size_t k = pair_block(t, p, 0) * block + i, l = pair_block(t, p, 1) * block + i;
        vf u = {0};
        for (int j = 0; j < second; j++) u += weight_of(t, j, p) * load(g + (1 + first + j) * block + i);
        store(to + k, load(to + k) + u * load(b + l));
        store(to + l, load(to + l) + u * load(b + k));
      }
    }
  }
  add_contribution(t, operand);
}

static void product_backward(const Tile *t, const Operation *operation) {
  const Operand *a = operand_of(t, operation, 0), *b = operand_of(t, operation, 1);
  contribute_factor(t, operation, a, b);
  contribute_factor(t, operation, b, a);
}
