/**
 * @file The records of a program, which `src/program/` of kernels-wasm writes, and a tile of points on which it works.
 *   Its `assembly/program.ts` documents them.
 *
 * Addresses in records count bytes from the start of the memory, offsets of jets from that of a thread's scratch, those
 * of gradients from that of a thread's gradients. Strides and everything else in C count floats.
 */
#pragma once
#include "formula.h"

#define ABSENT ((uint32_t)NONE)

/** A program working on a tile. */
typedef struct {
  uint8_t *memory;
  Program *program;
  const Forms *forms;
  /** Blocks of a jet: 1 + first + second. */
  int blocks;
  int points;
  uint8_t *scratch;
  uint8_t *gradients;
} Tile;

INLINE void *at(uint8_t *memory, uint32_t address) {
  return memory + address;
}

INLINE Tile tile_of(uint8_t *memory, Program *program, uint8_t *scratch, uint8_t *gradients) {
  const Forms *forms = at(memory, program->forms);
  return (Tile){memory, program, forms, 1 + forms->first + forms->second, program->tilePoints, scratch, gradients};
}

INLINE const Operation *operation_of(uint8_t *memory, uint32_t list, int index) {
  return at(memory, ((const uint32_t *)at(memory, list))[index]);
}

/** The last operation writes the program's outputs. */
INLINE const Operation *last_operation(const Tile *t) {
  return operation_of(t->memory, t->program->operations, t->program->operationCount - 1);
}

INLINE const Operand *operand_of(const Tile *t, const Operation *operation, int index) {
  return (const Operand *)at(t->memory, operation->operands) + index;
}

INLINE const Input *input_of(const Tile *t, int index) {
  return (const Input *)at(t->memory, t->program->inputs) + index;
}

INLINE float weight_of(const Tile *t, int form, int pair) {
  return ((const float *)at(t->memory, t->forms->weights))[form * t->forms->pairCount + pair];
}

/** The block of first derivatives that is one factor of a pair. */
INLINE int pair_block(const Tile *t, int pair, int side) {
  return 1 + ((const int32_t *)at(t->memory, t->forms->pairs))[2 * pair + side];
}

INLINE bool is_wanted(const Operand *operand) {
  return operand->gradient != ABSENT;
}

/** Where an operation writes its contribution to an operand's gradient; `add_contribution` must follow. */
INLINE float *contribution_place(const Tile *t, const Operand *operand) {
  return floats(t->scratch, operand->accumulates ? t->program->contribution : operand->gradient);
}

/** Adds what was written at `contribution_place` to the contributions of other operations, if there are any. */
static void add_contribution(const Tile *t, const Operand *operand) {
  if (!operand->accumulates) return;
  const int rows = operand->gradientBlocks * t->points;
  for (int row = 0; row < rows; row++) {
    const float *from = floats(t->scratch, t->program->contribution) + (size_t)row * operand->stride;
    float *to = floats(t->scratch, operand->gradient) + (size_t)row * operand->stride;
    for (int i = 0; i < operand->features; i += VW) store(to + i, load(to + i) + load(from + i));
  }
}

INLINE void copy_floats(float *to, const float *from, int count) {
  for (int i = 0; i < count; i++) to[i] = from[i];
}
