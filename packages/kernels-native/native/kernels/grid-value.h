/**
 * @file The value of grids alone, without derivatives with respect to the coordinates: the common case of `grid.h`, for
 *   two and three axes, level by level. Each level's constants, the number of corners, and the loops over them are then
 *   known to the compiler.
 */
#pragma once
#include "grid-tape.h"
#include "grid.h"

/** The largest number of features of a row for which `values_of_level` has room. */
#define MAX_VALUE_FEATURES 8

/** Whether a grid's value and the gradient of its table are all that is computed. */
INLINE bool is_value_alone(const Tile *t, const Grid *grid, const Operand *operand) {
  return t->blocks == 1 && !is_wanted(operand) && (grid->axes == 2 || grid->axes == 3) &&
         grid->rowFeatures <= MAX_VALUE_FEATURES;
}

/** What is kept of a point and a level: offsets of the corners' rows, and their weights, as in `cell_of`. */
typedef struct {
  uint32_t *rows;
  float *weights;
} Corners;

INLINE Corners corners_of(const Tile *t, const Grid *grid, int point, int index) {
  const int groups = groups_of(grid->axes);
  uint8_t *place = t->scratch + grid->keptLookups + (size_t)(point * grid->levelCount + index) * grid->keptLookupBytes;
  return (Corners){(uint32_t *)place, (float *)(place + 16 * groups * (1 + grid->rowFeatures))};
}

/** The constants of a level. */
typedef struct {
  float last, scale;
  const uint32_t *multipliers;
  uint32_t mask, first;
  int interpolation;
  /** NULL where there are no blocks. */
  const uint32_t *directory;
  int shift;
} LevelConstants;

INLINE LevelConstants constants_of(uint8_t *memory, const Grid *grid, int index) {
  const GridLevel *level = (const GridLevel *)at(memory, grid->levels) + index;
  return (LevelConstants){level->resolution - 1,      level->resolution * 0.5f,  at(memory, level->multipliers),
                          (uint32_t)level->mask,      (uint32_t)level->firstRow, grid->interpolation,
                          level->directory ? at(memory, level->directory) : NULL, level->blockShift};
}

/** The offsets of the rows of a cell's corners, of at most three axes, and their weights. */
INLINE void find_corners(const LevelConstants *c, const float *x, const int axes, const int features,
                         const bool is_hashed, uint32_t *rows, float *weights) {
  rows[0] = 0;
  weights[0] = 1;
  for (int i = 0; i < axes; i++) {
    const float u = (x[i] + 1) * c->scale;
    // NaN falls into cell 0, with weights that are NaN.
    float cell = u >= 1 ? floorf(u) : 0;
    if (cell > c->last) cell = c->last;
    const float upper = edge_weights(c->interpolation, u - cell, c->scale)[0];
    const bool has_blocks = !is_hashed && c->directory != NULL;
    const uint32_t coordinate = (uint32_t)(int32_t)cell;
    const uint32_t low = place_of(c->multipliers, has_blocks, c->shift, axes, i, coordinate);
    const uint32_t high = place_of(c->multipliers, has_blocks, c->shift, axes, i, coordinate + 1);
    for (int corner = 0; corner < 1 << i; corner++) {
      const int other = corner | 1 << i;
      rows[other] = is_hashed ? rows[corner] ^ high : rows[corner] + high;
      rows[corner] = is_hashed ? rows[corner] ^ low : rows[corner] + low;
      weights[other] = weights[corner] * upper;
      weights[corner] *= 1 - upper;
    }
  }
  if (!is_hashed && c->directory != NULL)
    for (int corner = 0; corner < 1 << axes; corner++)
      rows[corner] = row_in_block(c->directory, c->shift, axes, rows[corner]);
  for (int corner = 0; corner < 1 << axes; corner++)
    rows[corner] = ((is_hashed ? rows[corner] & c->mask : rows[corner]) + c->first) * (uint32_t)(features * 4);
}

/** The features of a level at all points of the tile. */
INLINE void values_of_level(const Tile *t, const Operation *operation, const Grid *grid, int index, const int axes,
                            const int features, const bool is_hashed, const bool is_kept) {
  const LevelConstants constants = constants_of(t->memory, grid, index);
  const Operand *operand = operand_of(t, operation, 0);
  const float *x = floats(t->scratch, operand->jet);
  float *to = floats(t->scratch, operation->jet) + index * features;
  uint8_t *table = at(t->memory, grid->table);
  const int corners = 1 << axes;
  for (int point = 0; point < t->points; point++, x += operand->stride, to += operation->stride) {
    uint32_t rows[8];
    float weights[8], sums[MAX_VALUE_FEATURES] = {0};
    find_corners(&constants, x, axes, features, is_hashed, rows, weights);
    for (int corner = 0; corner < corners; corner++) {
      const float *entries = floats(table, rows[corner]);
      for (int f = 0; f < features; f++) sums[f] += weights[corner] * entries[f];
    }
    for (int f = 0; f < features; f++) to[f] = sums[f];
    if (!is_kept) continue;
    const Corners kept = corners_of(t, grid, point, index);
    for (int corner = 0; corner < corners; corner++) {
      kept.rows[corner] = rows[corner];
      kept.weights[corner] = weights[corner];
    }
  }
}

/** Adds the gradient of a level at all points of the tile to that of the table. */
INLINE void add_level_gradient(const Tile *t, const Operation *operation, const Grid *grid, int index,
                               const int corners, const int features) {
  const float *g = floats(t->scratch, operation->gradient) + index * features;
  uint8_t *sums = t->gradients + grid->tableGradient;
  for (int point = 0; point < t->points; point++, g += operation->stride) {
    const Corners kept = corners_of(t, grid, point, index);
    for (int corner = 0; corner < corners; corner++) {
      float *row = floats(sums, kept.rows[corner]);
      for (int f = 0; f < features; f++) row[f] += kept.weights[corner] * g[f];
    }
  }
}

INLINE void values_with_features(const Tile *t, const Operation *operation, const Grid *grid, int index, const int axes,
                                 const bool is_hashed) {
  if (grid->keptLookupBytes > 0) {
    values_of_level(t, operation, grid, index, axes, grid->rowFeatures, is_hashed, true);
    return;
  }
  switch (grid->rowFeatures) {
    case 1: values_of_level(t, operation, grid, index, axes, 1, is_hashed, false); break;
    case 2: values_of_level(t, operation, grid, index, axes, 2, is_hashed, false); break;
    default: values_of_level(t, operation, grid, index, axes, grid->rowFeatures, is_hashed, false);
  }
}

static void grid_values(const Tile *t, const Operation *operation, const Grid *grid) {
  const GridLevel *levels = at(t->memory, grid->levels);
  for (int index = 0; index < grid->levelCount; index++) {
    const bool is_hashed = levels[index].mask != NONE;
    if (grid->axes == 2) {
      if (is_hashed) values_with_features(t, operation, grid, index, 2, true);
      else values_with_features(t, operation, grid, index, 2, false);
    } else if (is_hashed) values_with_features(t, operation, grid, index, 3, true);
    else values_with_features(t, operation, grid, index, 3, false);
  }
}

static void grid_values_backward(const Tile *t, const Operation *operation, const Grid *grid) {
  if (grid->tableGradient == ABSENT || grid->tape != NONE) return;
  for (int index = 0; index < grid->levelCount; index++)
    add_level_gradient(t, operation, grid, index, 1 << grid->axes, grid->rowFeatures);
}

static void grid_of_tile(const Tile *t, const Operation *operation) {
  const Grid *grid = at(t->memory, operation->detail);
  if (is_value_alone(t, grid, operand_of(t, operation, 0))) grid_values(t, operation, grid);
  else grid_forward(t, operation);
}

static void grid_gradient_of_tile(const Tile *t, const Operation *operation, int start) {
  const Grid *grid = at(t->memory, operation->detail);
  if (grid->tape != NONE) write_tape(t, operation, grid, start);
  if (is_value_alone(t, grid, operand_of(t, operation, 0))) grid_values_backward(t, operation, grid);
  else grid_backward(t, operation);
}
