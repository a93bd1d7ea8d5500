/**
 * @file The tile registers of AMX, each 16 rows of 64 bytes: Intel, "Intel 64 and IA-32 Architectures Software
 *   Developer's Manual", volume 1, chapter 18. With EMULATED_TILES they are arrays in memory, so that the products
 *   built on them can be tested on a processor that lacks them.
 *
 * A multiplication takes a 16 x 32 matrix A of bf16, row by row, and a 32 x 16 matrix B whose rows lie in pairs: row 2
 * p and row 2 p + 1 alternate in row p of the register. It adds their product to a 16 x 16 matrix of float32.
 */
#pragma once
#include "vector.h"

#define TILE_ROWS 16
/** bf16 values in a row of a tile. */
#define TILE_DEPTH 32
/** bf16 values in a tile. */
#define TILE_ELEMENTS (TILE_ROWS * TILE_DEPTH)

#if EMULATED_TILES

typedef union {
  float sums[TILE_ROWS][TILE_ROWS];
  uint16_t parts[TILE_ROWS][TILE_DEPTH];
} TileRegister;

static _Thread_local TileRegister tile_registers[8];

INLINE void begin_tiles(void) {}
INLINE void end_tiles(void) {}

INLINE void tile_zero(const int tile) {
  memset(&tile_registers[tile], 0, sizeof(TileRegister));
}

INLINE void tile_load(const int tile, const void *from, size_t stride) {
  for (int row = 0; row < TILE_ROWS; row++)
    memcpy(tile_registers[tile].parts[row], (const uint8_t *)from + row * stride, 64);
}

INLINE void tile_store(const int tile, void *to, size_t stride) {
  for (int row = 0; row < TILE_ROWS; row++) memcpy((uint8_t *)to + row * stride, tile_registers[tile].parts[row], 64);
}

/** bf16 to float32; the instruction reads denormals as zero. */
INLINE float widened(uint16_t part) {
  union {
    uint32_t bits;
    float value;
  } x = {(uint32_t)part << 16};
  return (part & 0x7f80) == 0 ? 0 : x.value;
}

/** Even and odd products are summed separately, as the manual specifies. */
static void tile_multiply(const int sums, const int a, const int b) {
  for (int row = 0; row < TILE_ROWS; row++)
    for (int column = 0; column < TILE_ROWS; column++) {
      float even = 0, odd = 0;
      for (int pair = 0; pair < TILE_ROWS; pair++) {
        even += widened(tile_registers[a].parts[row][2 * pair]) * widened(tile_registers[b].parts[pair][2 * column]);
        odd += widened(tile_registers[a].parts[row][2 * pair + 1]) *
               widened(tile_registers[b].parts[pair][2 * column + 1]);
      }
      tile_registers[sums].sums[row][column] += even + odd;
    }
}

#else

/** As LDTILECFG reads it. */
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} TileConfiguration;
_Static_assert(sizeof(TileConfiguration) == 64, "the configuration of tiles");

/** Makes all eight registers 16 rows of 64 bytes, on this thread. */
INLINE void begin_tiles(void) {
  TileConfiguration configuration = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    configuration.row_bytes[tile] = 64;
    configuration.rows[tile] = TILE_ROWS;
  }
  _tile_loadconfig(&configuration);
}

/** Frees the operating system from saving the registers of this thread. */
INLINE void end_tiles(void) {
  _tile_release();
}

// The instructions name their registers, so these cannot be functions.
#define tile_zero(tile) _tile_zero(tile)
/** GCC does not know that the instruction reads memory, so earlier writes have to be forced out. */
#define tile_load(tile, from, stride)  \
  do {                                 \
    __asm__ volatile("" ::: "memory"); \
    _tile_loadd(tile, from, stride);   \
  } while (0)
#define tile_store(tile, to, stride) _tile_stored(tile, to, stride)
#define tile_multiply(sums, a, b) _tile_dpbf16ps(sums, a, b)

#endif
