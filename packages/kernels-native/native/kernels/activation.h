/**
 * @file The rule of a scalar function for the jets of a tile of points, and its backward pass; the formulas are in
 *   core's `jets/activation-jet.ts`, and what is kept where in `assembly/activation.ts` of kernels-wasm. The
 *   derivatives of the function come from the sine itself, vector by vector, or from formulas, which take a piece at a
 *   time: some rows, or a part of a long one. The chain rule is the same for both.
 */
#pragma once
#include "tile.h"

/** A jet at work: `[blocks][points][stride]`. */
typedef struct {
  float *place;
  size_t stride;
  /** Floats from one block to the next. */
  size_t block;
} Rows;

INLINE Rows rows_of(float *place, size_t stride, int points) {
  return (Rows){place, stride, stride * points};
}

/** Rows in a piece. */
INLINE int piece_rows(int features) {
  const int rows = BLOCK / whole_vectors(features);
  return rows > 1 ? rows : 1;
}

/** The derivatives of one vector, without its values. */
INLINE void chain_forward(const Tile *t, int first, int second, const float *z, float *h, size_t block, vf s1, vf s2) {
  for (int k = 1; k <= first; k++) store(h + k * block, s1 * load(z + k * block));
  for (int j = 0; j < second; j++) {
    vf q = {0};
    for (int p = 0; p < t->forms->pairCount; p++) {
      const vf x = load(z + pair_block(t, p, 0) * block), y = load(z + pair_block(t, p, 1) * block);
      q += (weight_of(t, j, p) * x) * y;
    }
    const size_t form = (1 + first + j) * block;
    store(h + form, s1 * load(z + form) + s2 * q);
  }
}

/**
 * From the derivatives with respect to one vector of H, in place, to those with respect to Z. What the derivatives with
 * respect to learned parameters multiply, sum_k z1_k g1_k + sum_j z2_j g2_j and sum_j q_j g2_j, is kept at `along_row`
 * and `cross_row` if there are any.
 */
INLINE void chain_backward(const Tile *t, int first, int second, const float *z, float *g, size_t block, vf s1, vf s2,
                           vf s3, float *along_row, float *cross_row) {
  vf along = {0};
  for (int k = 1; k <= first; k++) {
    const vf gk = load(g + k * block);
    along += load(z + k * block) * gk;
    store(g + k * block, s1 * gk);
  }
  vf result = s1 * load(g);
  if (second > 0) {
    const size_t forms = (1 + first) * block;
    for (int j = 0; j < second; j++) along += load(z + forms + j * block) * load(g + forms + j * block);
    vf cross = {0};
    for (int p = 0; p < t->forms->pairCount; p++) {
      vf u = {0};
      for (int j = 0; j < second; j++) u += weight_of(t, j, p) * load(g + forms + j * block);
      const size_t k = pair_block(t, p, 0) * block, l = pair_block(t, p, 1) * block;
      const vf zk = load(z + k), zl = load(z + l), factor = s2 * u;
      cross += (u * zk) * zl;
      store(g + k, load(g + k) + factor * zl);
      store(g + l, load(g + l) + factor * zk);
    }
    for (int j = 0; j < second; j++) store(g + forms + j * block, s1 * load(g + forms + j * block));
    result += s3 * cross;
    if (cross_row) store(cross_row, cross);
  }
  if (first > 0) result += s2 * along;
  store(g, result);
  if (along_row) store(along_row, along);
}

/** Copies `count` rows of `width` floats. */
INLINE void copy_piece(const float *from, size_t from_stride, float *to, size_t to_stride, int count, int width) {
  for (int row = 0; row < count; row++)
    for (int i = 0; i < width; i += VW) store(to + row * to_stride + i, load(from + row * from_stride + i));
}

INLINE float omega_of(const Tile *t, const Activation *activation) {
  return *(const float *)at(t->memory, activation->table);
}

INLINE void sine_forward(const Tile *t, int first, int second, float omega, Rows z, float *h, int features,
                         bool for_backward) {
  const float minus_omega_squared = -omega * omega;
  for (int point = 0; point < t->points; point++) {
    float *zr = z.place + point * z.stride, *hr = h + point * z.stride;
    for (int i = 0; i < features; i += VW) {
      vf s, c;
      sine_and_cosine(load(zr + i) * omega, &s, &c);
      const vf s1 = c * omega;
      store(hr + i, s);
      chain_forward(t, first, second, zr + i, hr + i, z.block, s1, s * minus_omega_squared);
      if (for_backward) store(zr + i, s1);
    }
  }
}

INLINE void sine_backward(const Tile *t, int first, int second, float omega, Rows z, const float *h, float *g,
                          int features, bool has_kept) {
  const float minus_omega_squared = -omega * omega;
  for (int point = 0; point < t->points; point++) {
    float *zr = z.place + point * z.stride, *gr = g + point * z.stride;
    const float *hr = h + point * z.stride;
    for (int i = 0; i < features; i += VW) {
      vf s, s1;
      if (has_kept) {
        s1 = load(zr + i);
        s = first > 0 ? load(hr + i) : (vf){0};
      } else {
        sine_and_cosine(load(zr + i) * omega, &s, &s1);
        s1 *= omega;
      }
      chain_backward(t, first, second, zr + i, gr + i, z.block, s1, s * minus_omega_squared, s1 * minus_omega_squared,
                     NULL, NULL);
    }
  }
}

static void formula_forward(const Tile *t, const Activation *activation, int first, int second, Rows z, float *h,
                            int features, bool for_backward, float *kept) {
  float *registers = floats(t->scratch, t->program->temporaries), *table = at(t->memory, activation->table);
  const Formula *formula = at(t->memory, activation->forward);
  const int together = piece_rows(features), all = whole_vectors(features);
  for (int point = 0; point < t->points; point += together) {
    const int count = min_int(together, t->points - point);
    for (int column = 0; column < all; column += BLOCK) {
      const int width = min_int(all - column, BLOCK);
      const size_t offset = point * z.stride + column;
      float *zp = z.place + offset, *hp = h + offset;
      copy_piece(zp, z.stride, registers, width, count, width);
      run_formula(t->memory, formula, registers, table, count * width);
      copy_piece(result_of(t->memory, formula, 0, registers), width, hp, z.stride, count, width);
      if (for_backward)
        for (int k = 1; k <= activation->keptDerivativeCount; k++) {
          float *to = k == 1 ? zp : kept + (k - 2) * z.block + offset;
          copy_piece(result_of(t->memory, formula, k, registers), width, to, z.stride, count, width);
        }
      if (first == 0) continue;
      const float *s1 = result_of(t->memory, formula, 1, registers);
      const float *s2 = second > 0 ? result_of(t->memory, formula, 2, registers) : s1;
      for (int row = 0; row < count; row++)
        for (int i = 0; i < width; i += VW) {
          const size_t place = row * z.stride + i, within = (size_t)row * width + i;
          chain_forward(t, first, second, zp + place, hp + place, z.block, load(s1 + within), load(s2 + within));
        }
    }
  }
}

/** sum_i a_i b_i over `count` elements. */
static float dot(const float *a, const float *b, int count) {
  vf total = {0};
  int i = 0;
  for (; i + VW <= count; i += VW) total += load(a + i) * load(b + i);
  float sum = sum_of(total);
  for (; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static void formula_backward(const Tile *t, const Activation *activation, int first, int second, Rows z, float *g,
                             int features) {
  float *registers = floats(t->scratch, t->program->temporaries), *table = at(t->memory, activation->table);
  const Formula *formula = at(t->memory, activation->backward);
  const int order = second > 0 ? 2 : first > 0 ? 1 : 0, learned = activation->learnedCount;
  float *along = registers + (size_t)activation->registerCount * BLOCK, *cross = along + BLOCK;
  // Each tile is summed separately first, so that the rounding error grows with the number of tiles, not of points.
  float *sums = cross + BLOCK;
  for (int p = 0; p < learned; p++) sums[p] = 0;
  const int together = piece_rows(features), all = whole_vectors(features);
  for (int point = 0; point < t->points; point += together) {
    const int count = min_int(together, t->points - point);
    for (int column = 0; column < all; column += BLOCK) {
      const int width = min_int(all - column, BLOCK), count_here = min_int(width, features - column);
      float *zp = z.place + point * z.stride + column, *gp = g + point * z.stride + column;
      copy_piece(zp, z.stride, registers, width, count, width);
      run_formula(t->memory, formula, registers, table, count * width);
      const float *s1 = result_of(t->memory, formula, 0, registers);
      const float *s2 = order > 0 ? result_of(t->memory, formula, 1, registers) : s1;
      const float *s3 = order > 1 ? result_of(t->memory, formula, 2, registers) : s1;
      for (int row = 0; row < count; row++) {
        const float *zr = zp + row * z.stride;
        float *gr = gp + row * z.stride;
        const size_t within = (size_t)row * width;
        for (int p = 0; p < learned; p++)
          sums[p] += dot(result_of(t->memory, formula, (order + 1) * (p + 1), registers) + within, gr, count_here);
        for (int i = 0; i < width; i += VW)
          chain_backward(t, first, second, zr + i, gr + i, z.block, load(s1 + within + i), load(s2 + within + i),
                         load(s3 + within + i), learned ? along + i : NULL, learned ? cross + i : NULL);
        if (order == 0) continue;
        for (int p = 0; p < learned; p++) {
          const int by = (order + 1) * (p + 1);
          sums[p] += dot(result_of(t->memory, formula, by + 1, registers) + within, along, count_here);
          if (order > 1) sums[p] += dot(result_of(t->memory, formula, by + 2, registers) + within, cross, count_here);
        }
      }
    }
  }
  const uint32_t *offsets = at(t->memory, activation->learned);
  for (int p = 0; p < learned; p++) *floats(t->gradients, offsets[p]) += sums[p];
}

static void kept_backward(const Tile *t, int first, int second, Rows z, float *g, int features, const float *kept) {
  for (int point = 0; point < t->points; point++) {
    float *zr = z.place + point * z.stride, *gr = g + point * z.stride;
    const float *kr = kept + point * z.stride;
    for (int i = 0; i < features; i += VW) {
      const vf s1 = load(zr + i), s2 = first > 0 ? load(kr + i) : s1, s3 = second > 0 ? load(kr + z.block + i) : s1;
      chain_backward(t, first, second, zr + i, gr + i, z.block, s1, s2, s3, NULL, NULL);
    }
  }
}

/** Calls a function with the numbers of derivatives, as constants for the frequent ones. */
#define FOR_FORMS(first, second, call)              \
  do {                                              \
    if (first == 0) call(0, 0);                     \
    else if (first == 2 && second == 0) call(2, 0); \
    else if (first == 2 && second == 1) call(2, 1); \
    else if (first == 3 && second == 0) call(3, 0); \
    else if (first == 3 && second == 1) call(3, 1); \
    else call(first, second);                       \
  } while (0)

/**
 * From Z to H, both `[blocks][points][stride]`, of which `first` and `second` blocks are carried. With `for_backward`
 * the derivatives that the backward pass needs are kept: the first overwrites the value's pre-activations, the others
 * at `kept`.
 */
static void activate(const Tile *t, const Activation *activation, int first, int second, float *z, float *h,
                     size_t stride, int features, bool for_backward, float *kept) {
  const Rows rows = rows_of(z, stride, t->points);
  if (activation->kind == ACTIVATION_FORMULA) {
    formula_forward(t, activation, first, second, rows, h, features, for_backward, kept);
    return;
  }
  const float omega = omega_of(t, activation);
#define SINE_FORWARD(d, m) sine_forward(t, d, m, omega, rows, h, features, for_backward)
  FOR_FORMS(first, second, SINE_FORWARD);
}

/**
 * In place, from the derivatives of the loss with respect to H to those with respect to Z. Z and H are as `activate`
 * left them, and with `has_kept` so are the derivatives that it keeps; those with respect to learned parameters are
 * added to the thread's gradients.
 */
static void activate_backward(const Tile *t, const Activation *activation, float *z, const float *h, float *g,
                              size_t stride, int features, bool has_kept, const float *kept) {
  const Rows rows = rows_of(z, stride, t->points);
  const int first = t->forms->first, second = t->forms->second;
  if (activation->kind == ACTIVATION_FORMULA) {
    if (has_kept && activation->keptDerivativeCount > 0) kept_backward(t, first, second, rows, g, features, kept);
    else formula_backward(t, activation, first, second, rows, g, features);
    return;
  }
  const float omega = omega_of(t, activation);
#define SINE_BACKWARD(d, m) sine_backward(t, d, m, omega, rows, h, g, features, has_kept)
  FOR_FORMS(first, second, SINE_BACKWARD);
}
