/**
 * @file The records of a program: operations over the tiles of a batch of points. `src/program/` writes them once for
 *   each program; only addresses and the number of points change from one job to the next.
 *
 * The jet of a tile is a stack of blocks with one row per point: the values, the d first derivatives, the m
 * second-order forms, `[blocks][points][stride]`. Each value of a program and its gradient have an offset into the
 * scratch of a thread.
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

/** An absent offset. */
export const NONE: i32 = -1;

/** The derivatives that a jet carries; see `SecondOrderForms` in core. */
// @ts-ignore: decorator
@unmanaged
export class Forms {
  /** Number of first derivatives: 0 or the number of coordinates. */
  first: i32;
  /** Number of second-order forms. */
  second: i32;
  pairCount: i32;
  /** i32 `[pairCount][2]` */
  pairs: usize;
  /** f32 `[second][pairCount]` */
  weights: usize;
}

/** An input of an operation. */
// @ts-ignore: decorator
@unmanaged
export class Operand {
  features: i32;
  /** Floats between the starts of neighbouring rows, in the jet and in its gradient. */
  stride: i32;
  /** Offset of the jet. */
  jet: usize;
  /** Offset of its gradient, or NONE where it is not needed. */
  gradient: usize;
  /** Whether another operation has already written to that gradient, in the order of the backward pass. */
  accumulates: i32;
  /** Blocks of the gradient that are used: for coordinates, only the first. */
  gradientBlocks: i32;
}

// @ts-ignore: decorator
@unmanaged
export class Operation {
  kind: i32;
  features: i32;
  stride: i32;
  /** Offsets of the jet and of its gradient. */
  jet: usize;
  gradient: usize;
  /** Contiguous {@link Operand} records. */
  operands: usize;
  operandCount: i32;
  /** The data specific to this kind of operation; see `ops/`. */
  detail: usize;
}

/** An input of the program. */
// @ts-ignore: decorator
@unmanaged
export class Input {
  features: i32;
  stride: i32;
  jet: usize;
  /** Offset of its gradient, or NONE. */
  gradient: usize;
  /**
   * Whether the source holds jets, `[1 + first + second][points][features]`; else coordinates, `[points][features]`.
   */
  sourceIsJet: i32;
  /** Addresses of the input values and of their gradient. */
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
  /** Addresses of the operations that the backward pass runs, in its order. */
  backwardOperations: usize;
  backwardCount: i32;
  /** Offset of a buffer for one operation's contribution to a gradient, as large as the largest gradient. */
  contribution: usize;
  /** Offset of a buffer for rows of derivatives and for the registers of formulas. */
  temporaries: usize;
  /** A record of scalar-gradient.ts, or 0. */
  adjoint: usize;
  /** A record of loss.ts, or 0. */
  loss: usize;
  scratchBytes: usize;
  gradientBytes: usize;
  points: i32;
  /** Points in each block of the inputs, outputs and upstream gradients: those of all fields. */
  blockPoints: i32;
  /** A multiple of 4. */
  tilePoints: i32;
  scratch: usize;
  gradients: usize;
  /** `[1 + first + second][blockPoints][features]` */
  outputs: usize;
  /**
   * The derivatives of the loss with respect to the outputs, with the shape of the outputs. A loss computed by adjoints
   * writes them here; other losses do not use it.
   */
  upstream: usize;
  /**
   * The number of leading tiles that have scratch of their own, contiguous at `keptTiles`: there the forward pass
   * leaves all that the backward pass needs. The others use the scratch of the thread, and their backward pass
   * recomputes the forward pass.
   */
  keptTileCount: i32;
  keptTiles: usize;
  /** The gradients of tables; see `ops/grid-tape.ts`. Addresses of the operations that have tapes. */
  tableOperations: usize;
  tableOperationCount: i32;
  /** The number of ranges into which the rows of a level are divided. */
  tableParts: i32;
  /** The tapes of all tiles, and floats of a tape for each point. */
  tapes: usize;
  tapeFloats: i32;
  /** The sums of all tables, and a byte for each line of 64 bytes there: 1 where something was added. */
  tableSums: usize;
  marks: usize;
  /** A record for each thread. */
  rowRanges: usize;
}

/** Whether the forward results of the tile that begins at point `start` are kept until the backward pass. */
// @ts-ignore: decorator
@inline
export function isTileKept(program: Program, start: i32): bool {
  return start / program.tilePoints < program.keptTileCount;
}

/** The scratch of the tile that begins at point `start`, for a thread. */
// @ts-ignore: decorator
@inline
export function tileScratch(program: Program, thread: i32, start: i32): usize {
  if (isTileKept(program, start))
    return program.keptTiles + (<usize>(start / program.tilePoints)) * program.scratchBytes;
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

/** The operation whose result is the output of the program. */
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

/** Bytes of the features of a row, rounded up to a multiple of 8 features. */
// @ts-ignore: decorator
@inline
export function rowBytesOf(features: i32): usize {
  return (<usize>((features + 7) & ~7)) * FLOAT;
}

// @ts-ignore: decorator
@inline
export function needsGradient(operand: Operand): bool {
  return operand.gradient != <usize>NONE;
}

/** Address where an operation writes its contribution to an operand's gradient; {@link addContribution} must follow. */
// @ts-ignore: decorator
@inline
export function contributionTarget(program: Program, operand: Operand, scratch: usize): usize {
  return scratch + (operand.accumulates ? program.contribution : operand.gradient);
}

/** Adds what was written at {@link contributionTarget} to earlier contributions, if there are any. */
export function addContribution(program: Program, operand: Operand, scratch: usize): void {
  if (!operand.accumulates) return;
  const bytes = rowBytesOf(operand.features);
  const rowBytes = (<usize>operand.stride) * FLOAT;
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const from = scratch + program.contribution + (<usize>row) * rowBytes;
    const to = scratch + operand.gradient + (<usize>row) * rowBytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
}

/** Copies `count` floats; `count` is usually small. */
// @ts-ignore: decorator
@inline
export function copyFloats(to: usize, from: usize, count: i32): void {
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
