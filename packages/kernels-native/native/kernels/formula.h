/**
 * @file Interprets elementwise formulas: each instruction runs over a block of floats that stays in the first-level
 *   cache, as in `assembly/formula.ts` of kernels-wasm.
 */
#pragma once
#include "elementary.h"
#include "records.h"

/** How many times a table repeats a value. */
#define ENTRY (ENTRY_BYTES / 4)

/** Offsets in records count bytes. */
INLINE float *floats(void *base, uint32_t offset) {
  return (float *)((uint8_t *)base + offset);
}

/** -1, 0 or 1; NaN where x is NaN. */
INLINE vf sign_of(vf x) {
  vf zero = {0};
  vf sign = choose(x > zero, splat(1), zero) - choose(x < zero, splat(1), zero);
  return choose(x == x, sign, x);
}

/** What an instruction reads: a register, or a vector that repeats an entry of the table. */
INLINE const float *operand_place(uint32_t offset, uint32_t step, float *registers, float *table, float *room) {
  if (step != 0) return floats(registers, offset);
  store(room, splat(*floats(table, offset)));
  return room;
}

#define EACH_OF_ONE(value)                  \
  for (; to < end; to += VW, a += step_a) { \
    vf x = load(a);                         \
    store(to, value);                       \
  }                                         \
  break
#define EACH_OF_TWO(value)                               \
  for (; to < end; to += VW, a += step_a, b += step_b) { \
    vf x = load(a), y = load(b);                         \
    store(to, value);                                    \
  }                                                      \
  break

/**
 * Runs instructions over the first `length` floats of each register, a multiple of VW.
 *
 * @param is_uniform whether each instruction computes a single value and writes it to an entry of the table
 */
static void run_instructions(const Instruction *list, int count, float *registers, float *table, int length,
                             bool is_uniform) {
  float room_a[VW], room_b[VW], room_c[VW], uniform[VW];
  for (int index = 0; index < count; index++) {
    const Instruction *one = &list[index];
    const float *a = operand_place(one->offsetA, one->stepA, registers, table, room_a);
    const float *b = operand_place(one->offsetB, one->stepB, registers, table, room_b);
    const float *c = operand_place(one->offsetC, one->stepC, registers, table, room_c);
    const ptrdiff_t step_a = one->stepA ? VW : 0, step_b = one->stepB ? VW : 0, step_c = one->stepC ? VW : 0;
    float *to = is_uniform ? uniform : floats(registers, one->target);
    const float *end = to + (is_uniform ? VW : length);
    switch (one->op) {
      case OP_NEG: EACH_OF_ONE(-x);
      case OP_ABS: EACH_OF_ONE(absolute(x));
      case OP_SIGN: EACH_OF_ONE(sign_of(x));
      case OP_FLOOR: EACH_OF_ONE(floor_of(x));
      case OP_SQRT: EACH_OF_ONE(square_root(x));
      case OP_EXP: EACH_OF_ONE(exponential(x));
      case OP_LOG: EACH_OF_ONE(logarithm(x));
      case OP_SIN: EACH_OF_ONE(sine(x));
      case OP_COS: EACH_OF_ONE(cosine(x));
      case OP_TANH: EACH_OF_ONE(hyperbolic_tangent(x));
      case OP_SIGMOID: EACH_OF_ONE(logistic(x));
      case OP_SOFTPLUS: EACH_OF_ONE(softplus(x));
      case OP_ADD: EACH_OF_TWO(x + y);
      case OP_SUB: EACH_OF_TWO(x - y);
      case OP_MUL: EACH_OF_TWO(x * y);
      case OP_DIV: EACH_OF_TWO(x / y);
      case OP_MIN: EACH_OF_TWO(min_vf(x, y));
      case OP_MAX: EACH_OF_TWO(max_vf(x, y));
      case OP_GREATER: EACH_OF_TWO(choose(x > y, splat(1), (vf){0}));
      case OP_SELECT:
        for (; to < end; to += VW, a += step_a, b += step_b, c += step_c)
          store(to, choose(load(a) == (vf){0}, load(c), load(b)));
        break;
      case OP_SINE_AND_COSINE: {
        float *second = floats(registers, one->secondTarget);
        for (; to < end; to += VW, second += VW, a += step_a) {
          vf s, cos;
          sine_and_cosine(load(a), &s, &cos);
          store(to, s);
          store(second, cos);
        }
        break;
      }
      case OP_COPY: EACH_OF_ONE(x);
      default: __builtin_trap();
    }
    if (is_uniform)
      for (int i = 0; i < ENTRY; i++) floats(table, one->target)[i] = uniform[i];
  }
}

/** Runs a formula whose argument is in the first register. */
INLINE void run_formula(uint8_t *memory, const Formula *formula, float *registers, float *table, int length) {
  run_instructions((const Instruction *)(memory + formula->instructions), formula->instructionCount, registers, table,
                   length, false);
}

/** The place of a result of a formula. */
INLINE float *result_of(uint8_t *memory, const Formula *formula, int index, float *registers) {
  return floats(registers, ((const uint32_t *)(memory + formula->results))[index]);
}
