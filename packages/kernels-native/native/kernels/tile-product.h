/**
 * @file Matrix products on AMX. Each float32 value is split into the sum of PARTS bf16 values of 8 bits each: high,
 *   middle and low. A product of two values is then a sum of products of parts. With three parts the six largest of the
 *   nine are computed, with the error of float32; with two parts the three largest of four, with an error of about
 *   2^-17. See Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
 *   Computations", 2019.
 *
 * The parts of both matrices are stored tile by tile, in the order in which a block of 2 x 2 tiles reads them: step by
 * step along the depth, and part by part within a step. Weights are packed once for each step of the fit. Jets and
 * gradients are split two blocks of rows at a time, into the thread's workspace: the next two while the tiles of the
 * last two are multiplied, since the processor does both at once.
 */
#pragma once
#include "tiles.h"
#include "vector-product.h"

#if VW != 16 || (PARTS != 2 && PARTS != 3)
#error "tiles are 16 columns wide, and values have two or three parts"
#endif

typedef uint32_t vu __attribute__((vector_size(4 * VW)));
typedef uint16_t vh __attribute__((vector_size(4 * VW)));
/** In memory, at any address. */
typedef uint32_t vu_anywhere __attribute__((vector_size(4 * VW), aligned(2), may_alias));
typedef uint16_t vh_anywhere __attribute__((vector_size(4 * VW), aligned(2), may_alias));

/** bf16 values of one step along the depth. */
#define STEP_ELEMENTS (PARTS * TILE_ELEMENTS)

/** Blocks of rows of a product, and steps along its depth, that the workspace holds at a time. */
#define PRODUCT_BLOCKS 8
#define PRODUCT_STEPS 16
/** Blocks of 16 columns of the right matrix, and steps along the rows, that it holds for outer products. */
#define OUTER_PANELS 16
#define OUTER_STEPS 8

#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
/** bf16 values of two blocks of columns of the left matrix of outer products. */
#define LEFT_ELEMENTS (2 * OUTER_STEPS * STEP_ELEMENTS)
/** Bytes of a thread's workspace: 320 or 480 KiB. */
#define WORKSPACE_BYTES \
  (MAX_OF(PRODUCT_BLOCKS * PRODUCT_STEPS, 4 * OUTER_STEPS + OUTER_PANELS * OUTER_STEPS) * STEP_ELEMENTS * \
   sizeof(uint16_t))

/** The thread's workspace; set at the beginning of each share of a job. */
static _Thread_local uint16_t *workspace;

INLINE int steps_of(int depth) {
  return (depth + TILE_DEPTH - 1) / TILE_DEPTH;
}

INLINE int blocks_of(int rows) {
  return (rows + TILE_ROWS - 1) / TILE_ROWS;
}

/** Smaller matrices would leave tiles mostly empty, or spend more time on splitting rows than tiles save. */
INLINE bool is_product_by_tiles(int depth, int panel_count) {
  return depth >= 48 && panel_count >= 3;
}

/** Transposing the left side takes time, too. */
INLINE bool are_outer_products_by_tiles(int k, int panel_count) {
  const int columns = PARTS == 2 ? 64 : 112;
  return k >= columns && panel_count * VW >= columns;
}

/**
 * Splits off part number `part`, the highest one left: x becomes the remainder. The part is in the upper 16 bits of
 * each element; of the last one, the lower bits are arbitrary. The first part is rounded to nearest, so that the
 * remainder has either sign and three parts together are exact; the last of two is rounded, too.
 */
INLINE vu take_part(const int part, vf *x) {
  vu bits = (vu)*x;
  if (part == 0 || (PARTS == 2 && part == 1)) bits += 0x8000u;
  if (part == PARTS - 1) return bits;
  bits &= 0xffff0000u;
  *x -= (vf)bits;
  return bits;
}

/** 32 consecutive bf16 values, from the upper halves of two vectors. */
INLINE vh joined_parts(vu first, vu second) {
  return __builtin_shufflevector((vh)first, (vh)second, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33,
                                 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63);
}

/** Pairs: the lower half from `even`, the upper from `odd`. */
INLINE vu paired_parts(vu even, vu odd) {
  return (even >> 16) | (odd & 0xffff0000u);
}

/** The first `count` floats, then zeros; reads no further. */
INLINE vf load_first(const float *from, int count) {
  if (count >= VW) return load(from);
  vf x = {0};
  for (int i = 0; i < count; i++) x[i] = from[i];
  return x;
}

/** How the elements of a matrix become tiles. */
typedef enum {
  /** Rows for the left side of a product: tiles `[block][step][part]`. */
  SPLIT_ROWS,
  /** Rows for the right side, in panels: tiles `[panel][step][part]`. */
  SPLIT_PANELS,
  /** Columns for the left side, which multiplies the transpose: tiles `[block][step][part]`. */
  SPLIT_COLUMNS,
} SplitKind;

/** A matrix to split, one step of one block or panel at a time. */
typedef struct {
  SplitKind kind;
  const float *from;
  size_t stride;
  /** Of the matrix; what pads the last tiles is 0. */
  int rows, columns;
  uint16_t *to;
  /** Of each block. */
  int steps;
  /** The next step, the block that it is in, and how many steps are left. */
  int step, block, left;
  /** While other tiles are multiplied, `rate` steps are split in every `period` of theirs. */
  int rate, period, due;
} Split;

INLINE Split split_of(SplitKind kind, const float *from, size_t stride, int rows, int columns, uint16_t *to) {
  const int steps = steps_of(kind == SPLIT_ROWS ? columns : rows);
  const int blocks = blocks_of(kind == SPLIT_ROWS ? rows : columns);
  return (Split){.kind = kind, .from = from, .stride = stride, .rows = rows, .columns = columns, .to = to,
                 .steps = steps, .left = blocks * steps};
}

INLINE void split_rows(const Split *s, uint16_t *to) {
  const int top = s->block * TILE_ROWS, start = s->step * TILE_DEPTH, left = s->columns - start;
  const float *from = s->from + top * s->stride + start;
  for (int row = 0; row < TILE_ROWS; row++, from += s->stride, to += TILE_DEPTH) {
    const int count = top + row < s->rows ? left : 0;
    vf first = load_first(from, count), second = load_first(from + VW, count - VW);
#pragma GCC unroll 3
    for (int part = 0; part < PARTS; part++) {
      const vu first_part = take_part(part, &first), second_part = take_part(part, &second);
      *(vh_anywhere *)(to + part * TILE_ELEMENTS) = joined_parts(first_part, second_part);
    }
  }
}

/** Splits two rows of up to 16 floats into pairs, part by part; reads `*_count` of each. */
INLINE void split_pair(const float *even, int even_count, const float *odd, int odd_count, vu pairs[PARTS]) {
  vf x = load_first(even, even_count), y = load_first(odd, odd_count);
#pragma GCC unroll 3
  for (int part = 0; part < PARTS; part++) {
    const vu even_part = take_part(part, &x), odd_part = take_part(part, &y);
    pairs[part] = paired_parts(even_part, odd_part);
  }
}

/** The pairs of 16 columns from `column` on, of row `row` and the next. */
INLINE void split_row_pair(const Split *s, int row, int column, vu pairs[PARTS]) {
  const float *from = s->from + (size_t)row * s->stride + column;
  const int count = s->columns - column;
  split_pair(from, row < s->rows ? count : 0, from + s->stride, row + 1 < s->rows ? count : 0, pairs);
}

INLINE void split_panels(const Split *s, uint16_t *to) {
  for (int pair = 0; pair < TILE_ROWS; pair++, to += TILE_DEPTH) {
    vu pairs[PARTS];
    split_row_pair(s, s->step * TILE_DEPTH + 2 * pair, s->block * VW, pairs);
    for (int part = 0; part < PARTS; part++) *(vu_anywhere *)(to + part * TILE_ELEMENTS) = pairs[part];
  }
}

/** One of four passes that transpose a 16 x 16 matrix: swaps the off-diagonal blocks of all 2 x 2 groups of blocks. */
#define SWAP_BLOCKS(size, lower, upper)                                        \
  _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) if ((i & size) == 0) { \
    const vu x = rows[i], y = rows[i + size];                                  \
    rows[i] = __builtin_shufflevector(x, y, lower);                            \
    rows[i + size] = __builtin_shufflevector(x, y, upper);                     \
  }
#define LOWER_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define UPPER_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOWER_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define UPPER_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOWER_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define UPPER_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOWER_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define UPPER_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

INLINE void transpose(vu rows[16]) {
  SWAP_BLOCKS(1, LOWER_1, UPPER_1)
  SWAP_BLOCKS(2, LOWER_2, UPPER_2)
  SWAP_BLOCKS(4, LOWER_4, UPPER_4)
  SWAP_BLOCKS(8, LOWER_8, UPPER_8)
}

INLINE void split_columns(const Split *s, uint16_t *to) {
  vu pairs[PARTS][16];
  for (int pair = 0; pair < 16; pair++) {
    vu both[PARTS];
    split_row_pair(s, s->step * TILE_DEPTH + 2 * pair, s->block * TILE_ROWS, both);
    for (int part = 0; part < PARTS; part++) pairs[part][pair] = both[part];
  }
  for (int part = 0; part < PARTS; part++) {
    transpose(pairs[part]);
    for (int i = 0; i < 16; i++) *(vu_anywhere *)(to + part * TILE_ELEMENTS + i * TILE_DEPTH) = pairs[part][i];
  }
}

static __attribute__((noinline)) void split_step(Split *s) {
  uint16_t *to = s->to + (size_t)(s->block * s->steps + s->step) * STEP_ELEMENTS;
  switch (s->kind) {
    case SPLIT_ROWS: split_rows(s, to); break;
    case SPLIT_PANELS: split_panels(s, to); break;
    case SPLIT_COLUMNS: split_columns(s, to); break;
  }
  if (++s->step == s->steps) {
    s->step = 0;
    s->block++;
  }
  s->left--;
}

INLINE void split_until(Split *s, int left) {
  while (s->left > left) split_step(s);
}

/** Spreads what is left evenly over the next `steps` steps of products. */
INLINE void spread(Split *s, int steps) {
  s->rate = s->left;
  s->period = steps;
}

/** Called after each step of a product. */
INLINE void split_some(Split *s) {
  for (s->due += s->rate; s->due >= s->period && s->left > 0; s->due -= s->period) split_step(s);
}

static int tile_weight_bytes(int depth, int panel_count) {
  return panel_count * steps_of(depth) * STEP_ELEMENTS * (int)sizeof(uint16_t);
}

/** Packs a matrix `[depth][columns]` for the right side of a product: tiles `[panel][step][part]`. */
static void pack_tiles(const float *source, int depth, int columns, uint16_t *to) {
  Split split = split_of(SPLIT_PANELS, source, columns, depth, columns, to);
  split_until(&split, 0);
}

/** The same for the transpose of `[columns][depth]`: its rows, whose pairs are then transposed. */
static void pack_transposed_tiles(const float *source, int depth, int columns, uint16_t *to) {
  Split split = split_of(SPLIT_ROWS, source, depth, columns, depth, to);
  split_until(&split, 0);
  for (int tile = blocks_of(columns) * steps_of(depth) * PARTS; tile > 0; tile--, to += TILE_ELEMENTS) {
    vu rows[16];
    for (int i = 0; i < 16; i++) rows[i] = *(const vu_anywhere *)(to + i * TILE_DEPTH);
    transpose(rows);
    for (int i = 0; i < 16; i++) *(vu_anywhere *)(to + i * TILE_DEPTH) = rows[i];
  }
}

/** Registers 4 and 5 hold tiles of the left operand, 6 and 7 of the right one, and 0 to 3 the sums. */
#define LOAD_LEFT(part)                                                        \
  do {                                                                         \
    tile_load(4, a + part * TILE_ELEMENTS, 64);                                \
    if (block_count == 2) tile_load(5, a + next_a + part * TILE_ELEMENTS, 64); \
  } while (0)
#define LOAD_RIGHT(part)                                                       \
  do {                                                                         \
    tile_load(6, b + part * TILE_ELEMENTS, 64);                                \
    if (panel_count == 2) tile_load(7, b + next_b + part * TILE_ELEMENTS, 64); \
  } while (0)
#define ADD_PRODUCTS()                                                \
  do {                                                                \
    tile_multiply(0, 4, 6);                                           \
    if (panel_count == 2) tile_multiply(1, 4, 7);                     \
    if (block_count == 2) tile_multiply(2, 5, 6);                     \
    if (block_count == 2 && panel_count == 2) tile_multiply(3, 5, 7); \
  } while (0)

/**
 * Adds the product of a block to the sums in registers 0 to 3: its first panel in 0 and 2, its second in 1 and 3. Only
 * one operand changes from one product of parts to the next. Meanwhile a share of `split` is split.
 */
INLINE void add_block(const int block_count, const int panel_count, int steps, const uint16_t *a, size_t next_a,
                      const uint16_t *b, size_t next_b, Split *split) {
  for (int step = 0; step < steps; step++, a += STEP_ELEMENTS, b += STEP_ELEMENTS) {
    LOAD_LEFT(0);
#if PARTS == 3
    LOAD_RIGHT(2);
    ADD_PRODUCTS();
    LOAD_RIGHT(1);
    ADD_PRODUCTS();
    LOAD_LEFT(1);
    ADD_PRODUCTS();
    LOAD_RIGHT(0);
    ADD_PRODUCTS();
    LOAD_LEFT(2);
    ADD_PRODUCTS();
    LOAD_LEFT(0);
    ADD_PRODUCTS();
#else
    LOAD_RIGHT(1);
    ADD_PRODUCTS();
    LOAD_RIGHT(0);
    ADD_PRODUCTS();
    LOAD_LEFT(1);
    ADD_PRODUCTS();
#endif
    split_some(split);
  }
}

/** Distances in floats between the sums of a block in memory: from one row, panel and block of rows to the next. */
typedef struct {
  size_t row, panel, block;
} SumStrides;

INLINE void load_sums(const int block_count, const int panel_count, const float *from, SumStrides next) {
  tile_load(0, from, 4 * next.row);
  if (panel_count == 2) tile_load(1, from + next.panel, 4 * next.row);
  if (block_count == 2) tile_load(2, from + next.block, 4 * next.row);
  if (block_count == 2 && panel_count == 2) tile_load(3, from + next.block + next.panel, 4 * next.row);
}

INLINE void store_sums(const int block_count, const int panel_count, float *to, SumStrides next) {
  tile_store(0, to, 4 * next.row);
  if (panel_count == 2) tile_store(1, to + next.panel, 4 * next.row);
  if (block_count == 2) tile_store(2, to + next.block, 4 * next.row);
  if (block_count == 2 && panel_count == 2) tile_store(3, to + next.block + next.panel, 4 * next.row);
}

/** The sums of a block in a buffer: panel by panel within blocks of rows. */
typedef struct {
  _Alignas(64) float values[4][TILE_ROWS][TILE_ROWS];
} BlockSums;

static const SumStrides buffer_strides = {TILE_ROWS, TILE_ROWS * TILE_ROWS, 2 * TILE_ROWS * TILE_ROWS};

/** Those of a matrix whose rows are `stride` apart and whose panels are next to each other. */
INLINE SumStrides matrix_strides(size_t stride) { return (SumStrides){stride, VW, TILE_ROWS * stride}; }

/** Calls a macro with the numbers of blocks and panels as constants. */
#define FOR_BLOCK(blocks, panels, call)         \
  do {                                          \
    if (blocks == 2 && panels == 2) call(2, 2); \
    else if (blocks == 2) call(2, 1);           \
    else if (panels == 2) call(1, 2);           \
    else call(1, 1);                            \
  } while (0)

/** Loads the sums of a block from C, which may have fewer rows than the tiles. */
INLINE void load_rows(const int block_count, const int panel_count, int rows, const float *c, size_t stride) {
  if (rows == block_count * TILE_ROWS) {
    load_sums(block_count, panel_count, c, matrix_strides(stride));
    return;
  }
  BlockSums sums = {0};
  for (int row = 0; row < rows; row++)
    for (int panel = 0; panel < panel_count; panel++)
      store(sums.values[row / TILE_ROWS * 2 + panel][row % TILE_ROWS], load(c + row * stride + panel * VW));
  load_sums(block_count, panel_count, sums.values[0][0], buffer_strides);
}

INLINE void store_rows(const int block_count, const int panel_count, int rows, float *c, size_t stride) {
  if (rows == block_count * TILE_ROWS) {
    store_sums(block_count, panel_count, c, matrix_strides(stride));
    return;
  }
  BlockSums sums;
  store_sums(block_count, panel_count, sums.values[0][0], buffer_strides);
  for (int row = 0; row < rows; row++)
    for (int panel = 0; panel < panel_count; panel++)
      store(c + row * stride + panel * VW, load(sums.values[row / TILE_ROWS * 2 + panel][row % TILE_ROWS]));
}

INLINE void clear_sums(void) {
  tile_zero(0);
  tile_zero(1);
  tile_zero(2);
  tile_zero(3);
}

/** Initialises the first `bias_rows` rows of the sums with the bias, and the others with 0. */
INLINE void begin_sums(const int block_count, const int panel_count, const float *bias, int bias_rows) {
  if (bias_rows <= 0) {
    clear_sums();
    return;
  }
  if (bias_rows >= block_count * TILE_ROWS) {
    load_sums(block_count, panel_count, bias, matrix_strides(0));
    return;
  }
  BlockSums sums = {0};
  for (int row = 0; row < bias_rows; row++)
    for (int panel = 0; panel < panel_count; panel++)
      store(sums.values[row / TILE_ROWS * 2 + panel][row % TILE_ROWS], load(bias + panel * VW));
  load_sums(block_count, panel_count, sums.values[0][0], buffer_strides);
}

/** C = A B for B as `pack_tiles` leaves it; see `rows_times_panels`. */
static __attribute__((noinline)) void rows_times_tiles(const float *a, size_t stride_a, int rows, int depth,
                                                       const uint16_t *weights, int panel_count, float *c,
                                                       size_t stride_c, const float *bias, int bias_rows) {
  const int all_steps = steps_of(depth);
  for (int first = 0; first < all_steps; first += PRODUCT_STEPS) {
    const int steps = min_int(PRODUCT_STEPS, all_steps - first), start = first * TILE_DEPTH;
    const size_t next_a = (size_t)steps * STEP_ELEMENTS, next_b = (size_t)all_steps * STEP_ELEMENTS;
    for (int top = 0; top < rows; top += PRODUCT_BLOCKS * TILE_ROWS) {
      const int count = min_int(PRODUCT_BLOCKS * TILE_ROWS, rows - top);
      // The first panels are multiplied by each two blocks while the next two are split.
      Split split = split_of(SPLIT_ROWS, a + top * stride_a + start, stride_a, count,
                             min_int(depth - start, steps * TILE_DEPTH), workspace);
      split_until(&split, split.left - 2 * steps);
      split.rate = 2;
      split.period = 1;
      for (int panel = 0; panel < panel_count; panel += 2)
        for (int row = 0; row < count; row += 2 * TILE_ROWS) {
          const int here = min_int(2 * TILE_ROWS, count - row), blocks = blocks_of(here),
                    panels = min_int(2, panel_count - panel);
          float *to = c + (top + row) * stride_c + panel * VW;
          const uint16_t *left = workspace + row / TILE_ROWS * next_a,
                         *right = weights + panel * next_b + first * STEP_ELEMENTS;
#define MULTIPLY(block_count, panel_count)                                                             \
  do {                                                                                                 \
    if (first == 0) begin_sums(block_count, panel_count, bias ? bias + panel * VW : NULL, bias_rows - top - row); \
    else load_rows(block_count, panel_count, here, to, stride_c);                                      \
    add_block(block_count, panel_count, steps, left, next_a, right, next_b, &split);                   \
    store_rows(block_count, panel_count, here, to, stride_c);                                          \
  } while (0)
          FOR_BLOCK(blocks, panels, MULTIPLY);
        }
    }
  }
}

/** G += A' B; see `add_outer_products`. */
static __attribute__((noinline)) void add_tile_outer_products(const float *a, size_t stride_a, int rows, int k,
                                                              const float *b, size_t stride_b, int panel_count,
                                                              float *g) {
  uint16_t *const rights = workspace + 2 * LEFT_ELEMENTS;
  for (int top = 0; top < rows; top += OUTER_STEPS * TILE_DEPTH) {
    const int count = min_int(OUTER_STEPS * TILE_DEPTH, rows - top), steps = steps_of(count);
    const size_t next = (size_t)steps * STEP_ELEMENTS;
    const float *from = a + top * stride_a;
    for (int first = 0; first < panel_count; first += OUTER_PANELS) {
      const int some = min_int(OUTER_PANELS, panel_count - first), pairs = (some + 1) / 2;
      uint16_t *left = workspace, *next_left = workspace + LEFT_ELEMENTS;
      Split columns = split_of(SPLIT_COLUMNS, from, stride_a, count, min_int(2 * TILE_ROWS, k), left);
      split_until(&columns, 0);
      // The first columns are multiplied by each pair of panels while the next pair is split.
      Split panels = split_of(SPLIT_PANELS, b + top * stride_b + first * VW, stride_b, count, some * VW, rights);
      split_until(&panels, (some - 2) * steps);
      panels.rate = 2;
      panels.period = 1;
      for (int column = 0; column < k; column += 2 * TILE_ROWS) {
        const int here = min_int(2 * TILE_ROWS, k - column), blocks = blocks_of(here), after = column + here;
        columns = split_of(SPLIT_COLUMNS, from + after, stride_a, count, min_int(2 * TILE_ROWS, k - after), next_left);
        spread(&columns, (column == 0 ? 1 : pairs) * steps);
        for (int panel = 0; panel < some; panel += 2) {
          const int panel_pair = min_int(2, some - panel);
          const uint16_t *right = rights + panel * next;
          Split *const split = panels.left > 0 ? &panels : &columns;
          BlockSums sums;
#define MULTIPLY_OUTER(block_count, panel_count)                                \
  do {                                                                          \
    clear_sums();                                                               \
    add_block(block_count, panel_count, steps, left, next, right, next, split); \
    store_sums(block_count, panel_count, sums.values[0][0], buffer_strides);    \
  } while (0)
          FOR_BLOCK(blocks, panel_pair, MULTIPLY_OUTER);
          for (int j = 0; j < panel_pair; j++) {
            float *to = g + ((size_t)(first + panel + j) * k + column) * VW;
            for (int i = 0; i < here; i++, to += VW)
              store(to, load(to) + load(sums.values[i / TILE_ROWS * 2 + j][i % TILE_ROWS]));
          }
        }
        split_until(&columns, 0);
        uint16_t *const done = left;
        left = next_left;
        next_left = done;
      }
    }
  }
}
