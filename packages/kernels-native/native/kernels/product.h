/**
 * @file The matrix products of a network's layers: on vectors of float32, or on tiles of bf16 where the instruction set
 *   has them and the matrices are large enough.
 */
#pragma once
#include "vector-product.h"

#if PARTS
#include "tile-product.h"
#endif

/** Bytes of a packed weight matrix `[depth][columns]`. */
static int weight_bytes(int depth, int columns) {
  const int panels = whole_vectors(columns) / VW;
#if PARTS
  if (is_product_by_tiles(depth, panels)) return tile_weight_bytes(depth, panels);
#endif
  return depth * panels * VW * (int)sizeof(float);
}

/**
 * C = A B, and in the first `bias_rows` rows + bias, for A `[rows][depth]` and a packed weight matrix B
 * `[depth][panel_count VW]`.
 */
static void rows_times_panels(const float *a, size_t stride_a, int rows, int depth, const float *weights,
                              int panel_count, float *c, size_t stride_c, const float *bias, int bias_rows) {
#if PARTS
  if (is_product_by_tiles(depth, panel_count)) {
    rows_times_tiles(a, stride_a, rows, depth, (const uint16_t *)weights, panel_count, c, stride_c, bias, bias_rows);
    return;
  }
#endif
  if (bias_rows > 0)
    rows_times_vector_panels(a, stride_a, bias_rows, depth, weights, panel_count, c, stride_c, bias);
  if (bias_rows < rows)
    rows_times_vector_panels(a + bias_rows * stride_a, stride_a, rows - bias_rows, depth, weights, panel_count,
                             c + bias_rows * stride_c, stride_c, NULL);
}

/**
 * G += A' B, the gradient of a weight: the sum over rows of the outer products. The sum over these rows is made first
 * and then added, so that the error grows with the number of tiles and not with that of the points.
 *
 * @param a `[rows][k]`
 * @param b `[rows][panel_count VW]`
 * @param g `[panel_count][k][VW]`
 */
static void add_outer_products(const float *a, size_t stride_a, int rows, int k, const float *b, size_t stride_b,
                               int panel_count, float *g) {
#if PARTS
  if (are_outer_products_by_tiles(k, panel_count)) {
    add_tile_outer_products(a, stride_a, rows, k, b, stride_b, panel_count, g);
    return;
  }
#endif
  add_vector_outer_products(a, stride_a, rows, k, b, stride_b, panel_count, g);
}

/** g += the sum of `rows` rows of b: the gradient of a bias, `[panel_count][VW]`, summed as in `add_outer_products`. */
static void add_rows(const float *b, size_t stride_b, int rows, int panel_count, float *g) {
  for (int panel = 0; panel < panel_count; panel++) {
    const float *from = b + panel * VW;
    vf even = {0}, odd = {0};
    int row = 0;
    for (; row + 2 <= rows; row += 2, from += 2 * stride_b) {
      even += load(from);
      odd += load(from + stride_b);
    }
    if (row < rows) even += load(from);
    store(g + panel * VW, load(g + panel * VW) + (even + odd));
  }
}

/** Packs a weight matrix `[depth][columns]`. */
static void pack_panels(const float *source, int depth, int columns, float *weights) {
#if PARTS
  if (is_product_by_tiles(depth, whole_vectors(columns) / VW)) {
    pack_tiles(source, depth, columns, (uint16_t *)weights);
    return;
  }
#endif
  pack_vector_panels(source, depth, columns, weights);
}

/** Packs the transpose of `[columns][depth]`. */
static void pack_transposed_panels(const float *source, int depth, int columns, float *weights) {
#if PARTS
  if (is_product_by_tiles(depth, whole_vectors(columns) / VW)) {
    pack_transposed_tiles(source, depth, columns, (uint16_t *)weights);
    return;
  }
#endif
  pack_transposed_vector_panels(source, depth, columns, weights);
}
