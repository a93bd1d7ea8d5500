/**
 * @file Features interpolated between the rows of a table: `gridJet` in core; the formulas are in
 *   `assembly/ops/grid.ts` of kernels-wasm, and the weights' in core's `ops/grid-interpolation.ts`. Four corners of a
 *   cell are processed at once on every instruction set: corner b has the bit i of b set where it lies at the upper end
 *   of axis i.
 */
#pragma once
#include "tile.h"

typedef float four __attribute__((vector_size(16)));
typedef uint32_t four_integers __attribute__((vector_size(16)));

/** What the functions below share about one point and level. */
typedef struct {
  const Tile *tile;
  const Grid *grid;
  const GridLevel *level;
  int axes;
  /** Groups of four corners. */
  int groups;
  /** `[axes]`: the weight of the upper vertices, and its first three derivatives with respect to x. */
  four *weights;
  /** 0 where the second derivative of a weight is not 0, else 1. */
  int apart;
  /** `[groups]`: offsets of the corners' rows. */
  four_integers *rows;
  /** `[rowFeatures][groups]`: the entries of those rows. */
  four *found;
  /** `[blocks][groups]` */
  four *coefficients;
  /** The gradient of the loss with respect to the coefficients. */
  four *coefficient_gradients;
} Cell;

INLINE int groups_of(int axes) {
  return axes <= 2 ? 1 : 1 << (axes - 2);
}

/** Bytes that are kept for a point and a level. */
static int grid_kept_bytes(int axes, int row_features, int blocks) {
  return 16 * (groups_of(axes) * (1 + row_features + blocks) + axes);
}

/** Bytes of scratch in addition. */
static int grid_scratch_bytes(int axes, int blocks) {
  return 16 * groups_of(axes) * blocks;
}

INLINE Cell cell_of(const Tile *tile, const Grid *grid, int point, int index) {
  const int axes = grid->axes, groups = groups_of(axes);
  const GridLevel *level = (const GridLevel *)at(tile->memory, grid->levels) + index;
  uint8_t *place =
      tile->scratch + grid->keptLookups + (size_t)(point * grid->levelCount + index) * grid->keptLookupBytes;
  four *rows = (four *)place, *found = rows + groups, *coefficients = found + groups * grid->rowFeatures;
  return (Cell){tile,
                grid,
                level,
                axes,
                groups,
                coefficients + groups * tile->blocks,
                grid->interpolation == INTERPOLATION_SMOOTHSTEP ? 0 : 1,
                (four_integers *)rows,
                found,
                coefficients,
                (four *)(tile->scratch + tile->program->temporaries)};
}

INLINE four fours(float x) {
  return (four){x, x, x, x};
}

/** All bits set for the corners of a group that lie at the upper end of axis i. */
INLINE four_integers upper_corners(int i, int group) {
  const uint32_t all = ~0u;
  if (i == 0) return (four_integers){0, all, 0, all};
  if (i == 1) return (four_integers){0, 0, all, all};
  const uint32_t same = (group >> (i - 2)) & 1 ? all : 0;
  return (four_integers){same, same, same, same};
}

INLINE four select_corners(four_integers mask, four a, four b) {
  return (four)((mask & (four_integers)a) | (~mask & (four_integers)b));
}

/** How often to differentiate along an axis: two bits for each axis. */
INLINE int once(int axis) {
  return 1 << (2 * axis);
}

/** The product of the weights of all axes, differentiated `orders` times. */
INLINE four weights_of(const Cell *c, int orders, int group) {
  // One axis has two corners.
  four product = c->axes == 1 ? (four){1, 1, 0, 0} : fours(1);
  for (int i = 0; i < c->axes; i++) {
    const int order = (orders >> (2 * i)) & 3;
    const four upper = fours(c->weights[i][order]), lower = order ? -upper : 1 - upper;
    product *= select_corners(upper_corners(i, group), upper, lower);
  }
  return product;
}

/** The weight of the upper vertex at t, and its derivatives with respect to x; dt / dx is `scale`. */
INLINE four edge_weights(int interpolation, float t, float scale) {
  switch (interpolation) {
    case INTERPOLATION_SMOOTHSTEP:
      return (four){t * t * (3 - 2 * t), 6 * t * (1 - t) * scale, (6 - 12 * t) * scale * scale,
                    -12 * scale * scale * scale};
    case INTERPOLATION_NEAREST:
      // NaN remains NaN.
      return (four){t != t ? t : t > 0.5f, 0, 0, 0};
    default:
      return (four){t, scale, 0, 0};
  }
}

INLINE float sum_of_four(four x) {
  return x[0] + x[1] + (x[2] + x[3]);
}

/**
 * What a vertex's coordinate along axis i adds to its place: to the row index or the hash, or where there are blocks,
 * to the index of the block, and below it to the row in the block.
 */
INLINE uint32_t place_of(const uint32_t *multipliers, bool has_blocks, int shift, int axes, int i,
                         uint32_t coordinate) {
  if (!has_blocks) return coordinate * multipliers[i];
  const uint32_t local = coordinate & ((1u << shift) - 1);
  return (((coordinate >> shift) * multipliers[i]) << (shift * axes)) + (local << (shift * i));
}

/** The row of a vertex at a place, where there are blocks. */
INLINE uint32_t row_in_block(const uint32_t *directory, int shift, int axes, uint32_t place) {
  const int bits = shift * axes;
  const uint32_t first = directory[place >> bits];
  return first == 0 ? 0 : first + (place & ((1u << bits) - 1));
}

/** Finds the cell of a point in a level, and the offsets of the rows of its corners. */
static void find_rows(const Cell *c, const float *x) {
  const float resolution = c->level->resolution, scale = resolution * 0.5f;
  const bool is_hashed = c->level->mask != NONE, has_blocks = c->level->directory != 0;
  const uint32_t *multipliers = at(c->tile->memory, c->level->multipliers);
  const uint32_t *directory = at(c->tile->memory, c->level->directory);
  const int shift = c->level->blockShift;
  for (int i = 0; i < c->axes; i++) {
    const float u = (x[i] + 1) * scale;
    // NaN falls into cell 0, with weights that are NaN.
    float cell = u >= 1 ? floorf(u) : 0;
    if (cell > resolution - 1) cell = resolution - 1;
    c->weights[i] = edge_weights(c->grid->interpolation, u - cell, scale);
    const uint32_t coordinate = (uint32_t)(int32_t)cell;
    const uint32_t low = place_of(multipliers, has_blocks, shift, c->axes, i, coordinate);
    const uint32_t high = place_of(multipliers, has_blocks, shift, c->axes, i, coordinate + 1);
    for (int group = 0; group < c->groups; group++) {
      const four_integers upper = upper_corners(i, group), part = (upper & high) | (~upper & low);
      c->rows[group] = i == 0 ? part : is_hashed ? c->rows[group] ^ part : c->rows[group] + part;
    }
  }
  for (int group = 0; group < c->groups; group++) {
    four_integers row = c->rows[group];
    if (has_blocks)
      for (int corner = 0; corner < 4; corner++) row[corner] = row_in_block(directory, shift, c->axes, row[corner]);
    if (is_hashed) row &= (uint32_t)c->level->mask;
    c->rows[group] = (row + (uint32_t)c->level->firstRow) * (uint32_t)(c->grid->rowFeatures * 4);
  }
}

/** Reads the rows that `find_rows` has found. */
static void read_rows(const Cell *c) {
  const int row_features = c->grid->rowFeatures;
  uint8_t *table = at(c->tile->memory, c->grid->table);
  for (int group = 0; group < c->groups; group++) {
    const four_integers row = c->rows[group];
    for (int f = 0; f < row_features; f++)
      for (int corner = 0; corner < 4; corner++)
        c->found[f * c->groups + group][corner] = floats(table, row[corner])[f];
  }
}

/** The contribution of a pair of axes i <= e to a form. */
static float mixed_of(const Tile *t, int j, const float *x, size_t block, int i, int e) {
  float sum = 0;
  for (int p = 0; p < t->forms->pairCount; p++) {
    const float *k = x + pair_block(t, p, 0) * block, *l = x + pair_block(t, p, 1) * block;
    sum += weight_of(t, j, p) * (k[i] * l[e] + l[i] * k[e]);
  }
  return i == e ? sum / 2 : sum;
}

/** The coefficients of all blocks, for the point whose input row is `x`. */
static void make_coefficients(const Cell *c, const float *x, size_t block) {
  const Tile *t = c->tile;
  const int first_form = 1 + t->forms->first;
  for (int group = 0; group < c->groups; group++) {
    four *places = c->coefficients + group;
    places[0] = weights_of(c, 0, group);
    for (int k = 1; k < t->blocks; k++) places[k * c->groups] = fours(0);
    if (t->forms->first == 0) continue;
    for (int i = 0; i < c->axes; i++) {
      const four first_derivative = weights_of(c, once(i), group);
      for (int k = 1; k < t->blocks; k++) places[k * c->groups] += x[k * block + i] * first_derivative;
      if (t->forms->second == 0) continue;
      for (int e = i + c->apart; e < c->axes; e++) {
        const four second_derivative = weights_of(c, once(i) + once(e), group);
        for (int j = 0; j < t->forms->second; j++)
          places[(first_form + j) * c->groups] += mixed_of(t, j, x, block, i, e) * second_derivative;
      }
    }
  }
}

static void grid_forward(const Tile *t, const Operation *operation) {
  const Grid *grid = at(t->memory, operation->detail);
  const Operand *operand = operand_of(t, operation, 0);
  const size_t in_block = (size_t)t->points * operand->stride;
  for (int point = 0; point < t->points; point++) {
    const float *x = floats(t->scratch, operand->jet) + (size_t)point * operand->stride;
    for (int index = 0; index < grid->levelCount; index++) {
      const Cell c = cell_of(t, grid, point, index);
      find_rows(&c, x);
      read_rows(&c);
      make_coefficients(&c, x, in_block);
      for (int k = 0; k < t->blocks; k++) {
        float *to = floats(t->scratch, operation->jet) + (size_t)(k * t->points + point) * operation->stride +
                    index * grid->rowFeatures;
        for (int f = 0; f < grid->rowFeatures; f++) {
          four sum = fours(0);
          for (int i = 0; i < c.groups; i++) sum += c.coefficients[k * c.groups + i] * c.found[f * c.groups + i];
          to[f] = sum_of_four(sum);
        }
      }
    }
  }
}

/** The gradient of one feature, whose own begins at `g`, in four rows. */
INLINE four row_gradients(const Cell *c, const float *g, size_t out_block, int group) {
  four part = fours(0);
  for (int k = 0; k < c->tile->blocks; k++) part += g[k * out_block] * c->coefficients[k * c->groups + group];
  return part;
}

/** From the gradient `g` of a point's features in one level: adds to the table's, and fills `coefficient_gradients`. */
static void backward_point(const Cell *c, const float *g, size_t out_block, uint8_t *table_gradient,
                           bool wants_input_gradient) {
  const int blocks = c->tile->blocks, corners = min_int(4, 1 << c->axes);
  if (wants_input_gradient)
    for (int i = 0; i < c->groups * blocks; i++) c->coefficient_gradients[i] = fours(0);
  for (int f = 0; f < c->grid->rowFeatures; f++) {
    if (wants_input_gradient)
      for (int k = 0; k < blocks; k++)
        for (int i = 0; i < c->groups; i++)
          c->coefficient_gradients[k * c->groups + i] += g[k * out_block + f] * c->found[f * c->groups + i];
    if (table_gradient == NULL) continue;
    for (int group = 0; group < c->groups; group++) {
      const four part = row_gradients(c, g + f, out_block, group);
      // One after another: corners may share a row.
      for (int corner = 0; corner < corners; corner++)
        floats(table_gradient, c->rows[group][corner])[f] += part[corner];
    }
  }
}

/** sum_b coefficient_gradients[block]_b W_b, with the weights differentiated `orders` times. */
static float derivative_along(const Cell *c, int block, int orders) {
  four sum = fours(0);
  for (int group = 0; group < c->groups; group++)
    sum += c->coefficient_gradients[block * c->groups + group] * weights_of(c, orders, group);
  return sum_of_four(sum);
}

/** Adds to the gradient of a point's input, whose row is at `gx`. */
static void add_input_gradient(const Cell *c, bool gives_all, const float *x, float *gx, size_t block) {
  const Tile *t = c->tile;
  const int first_form = 1 + t->forms->first;
  // Linear weights have no second derivative.
  const bool is_linear = c->apart == 1;
  for (int i = 0; i < c->axes; i++) {
    const int along = once(i);
    float sum = derivative_along(c, 0, along);
    for (int k = 1; k < t->blocks; k++) {
      for (int e = 0; e < c->axes; e++)
        if (e != i || !is_linear) sum += x[k * block + e] * derivative_along(c, k, along + once(e));
      if (gives_all) gx[k * block + i] += derivative_along(c, k, along);
    }
    for (int j = 0; j < t->forms->second; j++) {
      for (int a = 0; a < c->axes; a++)
        for (int e = a + c->apart; e < c->axes; e++)
          if (!is_linear || (a != i && e != i))
            sum += mixed_of(t, j, x, block, a, e) * derivative_along(c, first_form + j, along + once(a) + once(e));
      if (!gives_all) continue;
      for (int p = 0; p < t->forms->pairCount; p++) {
        const size_t k = pair_block(t, p, 0) * block, l = pair_block(t, p, 1) * block;
        const float weight = weight_of(t, j, p);
        for (int e = 0; e < c->axes; e++) {
          if (e == i && is_linear) continue;
          const float second_derivative = weight * derivative_along(c, first_form + j, along + once(e));
          gx[k + i] += second_derivative * x[l + e];
          gx[l + i] += second_derivative * x[k + e];
        }
      }
    }
    gx[i] += sum;
  }
}

/** All but what `grid-tape.h` does. */
static void grid_backward(const Tile *t, const Operation *operation) {
  const Grid *grid = at(t->memory, operation->detail);
  const Operand *operand = operand_of(t, operation, 0);
  const size_t in_block = (size_t)t->points * operand->stride, out_block = (size_t)t->points * operation->stride;
  const bool in_thread = grid->tableGradient != ABSENT && grid->tape == NONE;
  uint8_t *table_gradient = in_thread ? t->gradients + grid->tableGradient : NULL;
  const bool wanted = is_wanted(operand);
  if (!wanted && !in_thread) return;
  float *target = wanted ? contribution_place(t, operand) : NULL;
  for (int point = 0; point < t->points; point++) {
    const size_t row = (size_t)point * operand->stride;
    const float *x = floats(t->scratch, operand->jet) + row;
    if (wanted)
      for (int block = 0; block < operand->gradientBlocks; block++)
        for (int i = 0; i < grid->axes; i++) target[row + block * in_block + i] = 0;
    for (int index = 0; index < grid->levelCount; index++) {
      const Cell c = cell_of(t, grid, point, index);
      const float *g =
          floats(t->scratch, operation->gradient) + (size_t)point * operation->stride + index * grid->rowFeatures;
      backward_point(&c, g, out_block, table_gradient, wanted);
      if (wanted) add_input_gradient(&c, operand->gradientBlocks > 1, x, target + row, in_block);
    }
  }
  if (wanted) add_contribution(t, operand);
}
