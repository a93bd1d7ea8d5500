/**
 * @file The records of a program: operations over the tiles of a batch of points. `src/program/` writes them once for
 *   each program; only addresses and the number of points change from one job to the next.
 *
 * The jet of a tile is a stack of blocks of rows, one row a point: the values, the d first derivatives, the m
 * second-order forms, `[blocks][points][stride]`. Every value of a program has such a place in the scratch of a thread,
 * and so has its gradient; offsets count from the start of that scratch.
 */
import { FLOAT } from './simd';

export const OPERATION_LINEAR: i32 = 0;
export const OPERATION_ELEMENTWISE: i32 = 1;
export const OPERATION_CONCAT: i32 = 2;
export const OPERATION_SUM: i32 = 3;
export const OPERATION_PRODUCT: i32 = 4;
export const OPERATION_COLUMNS: i32 = 5;
export const OPERATION_CONSTANT: i32 = 6;
export const OPERATION_GRID: i32 = 7;

/** An offset that is not there. */
export const NONE: i32 = -1;

/** What is carried; see `SecondOrderForms` in core. */
// @ts-ignore: decorator
@unmanaged
export class Forms {
  /** First derivatives carried: 0 or the number of coordinates. */
  first: i32;
  /** Second-order forms carried. */
  second: i32;
  pairCount: i32;
  /** i32 `[pairCount][2]` */
  pairs: usize;
  /** f32 `[second][pairCount]` */
  weights: usize;
}

/** What an operation reads. */
// @ts-ignore: decorator
@unmanaged
export class Operand {
  features: i32;
  /** Floats from one row to the next, here and in the gradient. */
  stride: i32;
  /** Offset of the jet. */
  place: usize;
  /** Offset of its gradient, or NONE where nobody asks for it. */
  gradient: usize;
  /** Whether another operation has written to that gradient before, in the order of the reverse pass. */
  adds: i32;
  /** Blocks of the gradient that somebody reads: of coordinates, only the first. */
  gradientBlocks: i32;
}

// @ts-ignore: decorator
@unmanaged
export class Operation {
  kind: i32;
  features: i32;
  stride: i32;
  /** Offsets of the jet and of its gradient. */
  place: usize;
  gradient: usize;
  /** One record of {@link Operand} behind the other. */
  operands: usize;
  operandCount: i32;
  /** What belongs to this kind of operation; see `ops/`. */
  detail: usize;
}

/** What comes in. */
// @ts-ignore: decorator
@unmanaged
export class Input {
  features: i32;
  stride: i32;
  place: usize;
  /** Offset of its gradient, or NONE. */
  gradient: usize;
  /** Whether these are jets, `[1 + first + second][points][features]`; else coordinates, `[points][features]`. */
  isJet: i32;
  /** Where the numbers are, and where their gradient goes. */
  source: usize;
  sourceGradient: usize;
}

/** A program and a batch of points. */
// @ts-ignore: decorator
@unmanaged
export class Program {
  forms: usize;
  inputs: usize;
  inputCount: i32;
  /** Addresses of operations, in order. */
  operations: usize;
  operationCount: i32;
  /** Addresses of those that the reverse pass runs, in its order. */
  reversed: usize;
  reversedCount: i32;
  /** Offset of the room for one more gradient, of any value. */
  spare: usize;
  /** Offset of the room for rows of derivatives, and for the registers of formulas. */
  rows: usize;
  /** A record of scalar-gradient.ts, for the programs that have one. */
  adjoint: usize;
  /** A record of loss.ts, for the programs that have one. */
  loss: usize;
  scratchBytes: usize;
  gradientBytes: usize;
  points: i32;
  /** Points from one block of inputs, outputs and upstream to the next: those of all fields. */
  blockPoints: i32;
  /** A multiple of 4. */
  tilePoints: i32;
  scratch: usize;
  gradients: usize;
  /** `[1 + first + second][blockPoints][features]` */
  outputs: usize;
  /**
   * As the outputs: the derivatives of the loss with respect to them. Room for them where a loss is worked out by
   * adjoints; else a loss needs none.
   */
  upstream: usize;
  /**
   * How many tiles, the first ones, have scratch of their own, one behind the other at `kept`: there a forward pass
   * leaves all that the reverse needs. The others are worked on in the scratch of the thread, and their reverse works
   * the forward pass out again.
   */
  keptTiles: i32;
  kept: usize;
}

/**
 * Whether what the forward pass makes of the tile that begins at point `start` stays where it is until the reverse
 * pass.
 */
// @ts-ignore: decorator
@inline
export function isKept(program: Program, start: i32): bool {
  return start / program.tilePoints < program.keptTiles;
}

/** The scratch of the tile that begins at point `start`, for a thread. */
// @ts-ignore: decorator
@inline
export function tileScratch(program: Program, thread: i32, start: i32): usize {
  if (isKept(program, start)) return program.kept + (<usize>(start / program.tilePoints)) * program.scratchBytes;
  return program.scratch + (<usize>thread) * program.scratchBytes;
}

// @ts-ignore: decorator
@inline
export function gradientsOf(program: Program, thread: i32): usize {
  return program.gradients + (<usize>thread) * program.gradientBytes;
}

// @ts-ignore: decorator
@inline
export function formsOf(program: Program): Forms {
  return changetype<Forms>(program.forms);
}

// @ts-ignore: decorator
@inline
export function blocksOf(forms: Forms): i32 {
  return 1 + forms.first + forms.second;
}

// @ts-ignore: decorator
@inline
export function operationOf(list: usize, index: i32): Operation {
  return changetype<Operation>(load<usize>(list + (<usize>index) * sizeof<usize>()));
}

/** What comes out is what the last operation writes. */
// @ts-ignore: decorator
@inline
export function lastOperation(program: Program): Operation {
  return operationOf(program.operations, program.operationCount - 1);
}

// @ts-ignore: decorator
@inline
export function operandOf(operation: Operation, index: i32): Operand {
  return changetype<Operand>(operation.operands + (<usize>index) * offsetof<Operand>());
}

// @ts-ignore: decorator
@inline
export function inputOf(program: Program, index: i32): Input {
  return changetype<Input>(program.inputs + (<usize>index) * offsetof<Input>());
}

// @ts-ignore: decorator
@inline
export function weightOf(forms: Forms, form: i32, pair: i32): v128 {
  return v128.load32_splat(forms.weights + (<usize>(form * forms.pairCount + pair)) * FLOAT);
}

// @ts-ignore: decorator
@inline
export function pairIndex(forms: Forms, pair: i32, side: usize): usize {
  return load<u32>(forms.pairs + (<usize>pair) * 8 + side * 4);
}

/** Bytes of the features of a row, up to a multiple of 8 features. */
// @ts-ignore: decorator
@inline
export function rowBytesOf(features: i32): usize {
  return (<usize>((features + 7) & ~7)) * FLOAT;
}

// @ts-ignore: decorator
@inline
export function isWanted(operand: Operand): bool {
  return operand.gradient != <usize>NONE;
}

/** Where an operation writes its part of an operand's gradient; {@link addContribution} must follow. */
// @ts-ignore: decorator
@inline
export function contributionPlace(program: Program, operand: Operand, scratch: usize): usize {
  return scratch + (operand.adds ? program.spare : operand.gradient);
}

/** Adds what was written at {@link contributionPlace} to what others have written, if any have. */
export function addContribution(program: Program, operand: Operand, scratch: usize): void {
  if (!operand.adds) return;
  const bytes = rowBytesOf(operand.features);
  const rowBytes = (<usize>operand.stride) * FLOAT;
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const from = scratch + program.spare + (<usize>row) * rowBytes;
    const to = scratch + operand.gradient + (<usize>row) * rowBytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
}

/** Copies some numbers, few of them as a rule. */
// @ts-ignore: decorator
@inline
export function copyNumbers(to: usize, from: usize, count: i32): void {
  const end = from + (<usize>count) * FLOAT;
  for (; from + 16 <= end; from += 16) {
    v128.store(to, v128.load(from));
    to += 16;
  }
  for (; from < end; from += FLOAT) {
    store<f32>(to, load<f32>(from));
    to += FLOAT;
  }
}
