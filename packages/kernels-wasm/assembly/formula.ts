/**
 * @file Interprets elementwise formulas: each instruction runs over a block of floats that stays in the first-level
 *   cache. The operations are those of core, defined in `elementwise/instructions.ts`.
 *
 * A register is a block of {@link BLOCK} floats in a thread's scratch. Values that are the same for all elements are in
 * a table, each repeated four times. An operand is an address and the step in bytes from one vector to the next: 16 for
 * a register, 0 for an entry of the table.
 */
import { exponential, hyperbolicTangent, lastSine, logarithm, logistic, sine, sineAndCosine, softplus } from './elementary';

/** Floats in a register. */
export const BLOCK: i32 = 512;
export const REGISTER_BYTES: i32 = 4 * BLOCK;
/** Bytes of an entry of the table. */
export const ENTRY_BYTES: i32 = 16;

export const OP_NEG: i32 = 0;
export const OP_ABS: i32 = 1;
export const OP_SIGN: i32 = 2;
export const OP_FLOOR: i32 = 3;
export const OP_SQRT: i32 = 4;
export const OP_EXP: i32 = 5;
export const OP_LOG: i32 = 6;
export const OP_SIN: i32 = 7;
export const OP_COS: i32 = 8;
export const OP_TANH: i32 = 9;
export const OP_SIGMOID: i32 = 10;
export const OP_SOFTPLUS: i32 = 11;
export const OP_ADD: i32 = 12;
export const OP_SUB: i32 = 13;
export const OP_MUL: i32 = 14;
export const OP_DIV: i32 = 15;
export const OP_MIN: i32 = 16;
export const OP_MAX: i32 = 17;
export const OP_GREATER: i32 = 18;
export const OP_SELECT: i32 = 19;
/** Operations of this interpreter that core has not: sine and, at a second target, cosine; and a copy. */
export const OP_SINE_AND_COSINE: i32 = 20;
export const OP_COPY: i32 = 21;

/**
 * Offsets of operands are relative to the registers where the step is 16, and to the table where it is 0.
 */
// @ts-ignore: decorator
@unmanaged
export class Instruction {
  op: i32;
  /** Offsets of the results; only OP_SINE_AND_COSINE uses the second one. */
  target: usize;
  secondTarget: usize;
  offsetA: usize;
  stepA: usize;
  offsetB: usize;
  stepB: usize;
  offsetC: usize;
  stepC: usize;
}

// @ts-ignore: decorator
@unmanaged
export class Formula {
  instructions: usize;
  instructionCount: i32;
  /** u32 `[results]`: offsets of the registers that hold the results at the end. */
  results: usize;
}

/** -1, 0 or 1; NaN where x is NaN. */
// @ts-ignore: decorator
@inline
function signOf(x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const sign = f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
  return v128.bitselect(sign, x, f32x4.eq(x, x));
}

// @ts-ignore: decorator
@inline
function operandAddress(offset: usize, step: usize, registers: usize, table: usize): usize {
  return offset + (step == 0 ? table : registers);
}

/**
 * Runs instructions over `bytes` of each register.
 *
 * @param targets the base address of target offsets: the registers, or the table if the instructions compute its
 *   entries
 */
export function runInstructions(first: usize, count: i32, targets: usize, registers: usize, table: usize, bytes: usize): void {
  for (let index = 0; index < count; index++) {
    const instruction = changetype<Instruction>(first + (<usize>index) * offsetof<Instruction>());
    const op = instruction.op;
    const stepA = instruction.stepA;
    const stepB = instruction.stepB;
    const stepC = instruction.stepC;
    let a = operandAddress(instruction.offsetA, stepA, registers, table);
    let b = operandAddress(instruction.offsetB, stepB, registers, table);
    let c = operandAddress(instruction.offsetC, stepC, registers, table);
    let to = targets + instruction.target;
    const end = to + bytes;
    switch (op) {
      case OP_NEG:
        for (; to < end; to += 16, a += stepA) v128.store(to, f32x4.neg(v128.load(a)));
        break;
      case OP_ABS:
        for (; to < end; to += 16, a += stepA) v128.store(to, f32x4.abs(v128.load(a)));
        break;
      case OP_SIGN:
        for (; to < end; to += 16, a += stepA) v128.store(to, signOf(v128.load(a)));
        break;
      case OP_FLOOR:
        for (; to < end; to += 16, a += stepA) v128.store(to, f32x4.floor(v128.load(a)));
        break;
      case OP_SQRT:
        for (; to < end; to += 16, a += stepA) v128.store(to, f32x4.sqrt(v128.load(a)));
        break;
      case OP_EXP:
        for (; to < end; to += 16, a += stepA) v128.store(to, exponential(v128.load(a)));
        break;
      case OP_LOG:
        for (; to < end; to += 16, a += stepA) v128.store(to, logarithm(v128.load(a)));
        break;
      case OP_SIN:
        for (; to < end; to += 16, a += stepA) v128.store(to, sine(v128.load(a)));
        break;
      case OP_COS:
        for (; to < end; to += 16, a += stepA) v128.store(to, sineAndCosine(v128.load(a)));
        break;
      case OP_TANH:
        for (; to < end; to += 16, a += stepA) v128.store(to, hyperbolicTangent(v128.load(a)));
        break;
      case OP_SIGMOID:
        for (; to < end; to += 16, a += stepA) v128.store(to, logistic(v128.load(a)));
        break;
      case OP_SOFTPLUS:
        for (; to < end; to += 16, a += stepA) v128.store(to, softplus(v128.load(a)));
        break;
      case OP_ADD:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.add(v128.load(a), v128.load(b)));
        break;
      case OP_SUB:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.sub(v128.load(a), v128.load(b)));
        break;
      case OP_MUL:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.mul(v128.load(a), v128.load(b)));
        break;
      case OP_DIV:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.div(v128.load(a), v128.load(b)));
        break;
      case OP_MIN:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.min(v128.load(a), v128.load(b)));
        break;
      case OP_MAX:
        for (; to < end; to += 16, a += stepA, b += stepB) v128.store(to, f32x4.max(v128.load(a), v128.load(b)));
        break;
      case OP_GREATER:
        for (; to < end; to += 16, a += stepA, b += stepB)
          v128.store(to, v128.and(f32x4.gt(v128.load(a), v128.load(b)), f32x4.splat(1)));
        break;
      case OP_SELECT:
        for (; to < end; to += 16, a += stepA, b += stepB, c += stepC) {
          const isZero = f32x4.eq(v128.load(a), f32x4.splat(0));
          v128.store(to, v128.bitselect(v128.load(c), v128.load(b), isZero));
        }
        break;
      case OP_SINE_AND_COSINE: {
        let second = targets + instruction.secondTarget;
        for (; to < end; to += 16, second += 16, a += stepA) {
          const cosine = sineAndCosine(v128.load(a));
          v128.store(to, lastSine);
          v128.store(second, cosine);
        }
        break;
      }
      case OP_COPY:
        for (; to < end; to += 16, a += stepA) v128.store(to, v128.load(a));
        break;
      default:
        unreachable();
    }
  }
}

/** Runs a formula whose argument is in the first register. */
// @ts-ignore: decorator
@inline
export function runFormula(formula: Formula, registers: usize, table: usize, bytes: usize): void {
  runInstructions(formula.instructions, formula.instructionCount, registers, registers, table, bytes);
}

/** The address of a result of a formula. */
// @ts-ignore: decorator
@inline
export function resultOf(formula: Formula, index: i32, registers: usize): usize {
  return registers + load<u32>(formula.results + (<usize>index) * 4);
}
