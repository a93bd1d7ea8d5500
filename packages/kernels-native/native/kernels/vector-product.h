/**
 * @file Matrix products by vectors. The right operand lies in panels of VW columns. A block of MR rows and two panels
 *   is summed in registers: MR x 2 sums, two vectors of the panels, and one factor at a time (Goto and van de Geijn,
 *   "Anatomy of High-Performance Matrix Multiplication", 2008).
 */
#pragma once
#include "vector.h"

#if VW == 16
#define MR 14
#elif defined(__aarch64__)
#define MR 12
#else
#define MR 6
#endif

/** C (+)= A B + 1 bias, with strides in floats. */
typedef struct {
  int rows, depth, panels;
  const float *a;
  /**
   * From one row of A to the next, or where `is_transposed` from one of its columns to the next; the other stride is 1.
   */
  size_t stride_a;
  const float *b;
  /** From one row of B to the next, and from one panel to the next. */
  size_t next_b, panel_b;
  float *c;
  size_t stride_c, panel_c;
  /** `[panels][VW]`, or none. */
  const float *bias;
} Product;

/** `rows` and `panels` are compile-time constants at every call. */
INLINE void multiply_block(const int rows, const int panels, const bool is_transposed, const bool adds,
                           const Product *p, const float *a, const float *b, const float *bias, float *c) {
  const size_t row_a = is_transposed ? 1 : p->stride_a, next_a = is_transposed ? p->stride_a : 1;
  const size_t next_b = p->next_b, panel_b = p->panel_b;
  vf sums[MR][2];
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    sums[i][0] = bias ? load(bias) : (vf){0};
    if (panels == 2) sums[i][1] = bias ? load(bias + VW) : (vf){0};
  }
  for (int k = p->depth; k > 0; k--) {
    const vf b0 = load(b), b1 = panels == 2 ? load(b + panel_b) : b0;
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
      const vf x = splat(a[i * row_a]);
      sums[i][0] += x * b0;
      if (panels == 2) sums[i][1] += x * b1;
    }
    a += next_a;
    b += next_b;
  }
#pragma GCC unroll 14
  for (int i = 0; i < rows; i++) {
    float *to = c + i * p->stride_c;
    store(to, adds ? load(to) + sums[i][0] : sums[i][0]);
    if (panels == 2) store(to + p->panel_c, adds ? load(to + p->panel_c) + sums[i][1] : sums[i][1]);
  }
}

#define ROWS(count)                                                                   \
  case count:                                                                         \
    if (panels == 2) multiply_block(count, 2, is_transposed, adds, p, a, b, bias, c); \
    else multiply_block(count, 1, is_transposed, adds, p, a, b, bias, c);             \
    break;

INLINE void multiply_rows(int rows, int panels, const bool is_transposed, const bool adds, const Product *p,
                          const float *a, const float *b, const float *bias, float *c) {
  switch (rows) {
    ROWS(1)
    ROWS(2)
    ROWS(3)
    ROWS(4)
    ROWS(5)
    ROWS(6)
#if MR > 6
    ROWS(7)
    ROWS(8)
    ROWS(9)
    ROWS(10)
    ROWS(11)
    ROWS(12)
#endif
#if MR > 12
    ROWS(13)
    ROWS(14)
#endif
  }
}

/** Multiplies two panels at a time, and the rows in blocks of about equal height. */
INLINE void multiply(const bool is_transposed, const bool adds, const Product *p) {
  const int blocks = (p->rows + MR - 1) / MR;
  for (int panel = 0; panel < p->panels; panel += 2) {
    const float *b = p->b + panel * p->panel_b;
    const float *bias = p->bias ? p->bias + panel * VW : NULL;
    for (int block = 0, row = 0; block < blocks; block++) {
      const int rows = (p->rows - row + blocks - block - 1) / (blocks - block);
      const float *a = p->a + row * (is_transposed ? 1 : p->stride_a);
      float *c = p->c + row * p->stride_c + panel * p->panel_c;
      multiply_rows(rows, min_int(2, p->panels - panel), is_transposed, adds, p, a, b, bias, c);
      row += rows;
    }
  }
}

/** C = A B + 1 bias, for A `[rows][depth]` and B in panels `[panels][depth][VW]`. */
static __attribute__((noinline)) void rows_times_vector_panels(const float *a, size_t stride_a, int rows, int depth,
                                                               const float *panels, int panel_count, float *c,
                                                               size_t stride_c, const float *bias) {
  const Product p = {rows, depth, panel_count, a, stride_a, panels, VW, (size_t)depth * VW, c, stride_c, VW, bias};
  multiply(false, false, &p);
}

/**
 * G += A' B, the gradient of a weight: the sum over rows of the outer products. These rows are summed separately first,
 * so that the rounding error grows with the number of tiles, not of points.
 *
 * @param a `[rows][k]`
 * @param b `[rows][VW panel_count]`
 * @param g `[panel_count][k][VW]`
 */
static __attribute__((noinline)) void add_vector_outer_products(const float *a, size_t stride_a, int rows, int k,
                                                                const float *b, size_t stride_b, int panel_count,
                                                                float *g) {
  const Product p = {k, rows, panel_count, a, stride_a, b, stride_b, VW, g, VW, (size_t)k * VW, NULL};
  multiply(true, true, &p);
}

/** Packs `[k][n]` into panels of VW columns; the columns that pad the last panel are 0. */
static void pack_vector_panels(const float *source, int k, int n, float *panels) {
  for (int column = 0; column < n; column += VW) {
    const int width = min_int(n - column, VW);
    const float *from = source + column;
    for (int i = 0; i < k; i++, from += n, panels += VW) {
      if (width == VW) store(panels, load(from));
      else
        for (int j = 0; j < VW; j++) panels[j] = j < width ? from[j] : 0;
    }
  }
}

/** Packs the transpose of `[n][k]` into panels of VW of its n columns. */
static void pack_transposed_vector_panels(const float *source, int k, int n, float *panels) {
  for (int column = 0; column < n; column += VW) {
    const int width = min_int(n - column, VW);
    const float *from = source + (size_t)column * k;
    if (width < VW) memset(panels, 0, (size_t)k * VW * sizeof(float));
    // A few rows at a time, so that their cache lines are reused.
    for (int first = 0; first < k; first += 16) {
      const int last = min_int(k, first + 16);
      for (int j = 0; j < width; j++)
        for (int i = first; i < last; i++) panels[(size_t)i * VW + j] = from[(size_t)j * k + i];
    }
    panels += (size_t)k * VW;
  }
}
