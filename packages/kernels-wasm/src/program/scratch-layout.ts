/**
 * @file Allocates the values and gradients of a program in a thread's scratch. Each occupies its memory only as long as
 *   something reads it.
 */
import {
  blockCount,
  hasParameters,
  type KernelProgram,
  type Operation,
  registerWidths,
} from '@neural-fields/core/kernels';
import { constants } from '../generated/records.ts';
import type { ProgramLayout } from '../machine.ts';

const { NONE } = constants;

const FLOAT = 4;
const MAX_TILE_POINTS = 128;
const MIN_TILE_POINTS = 16;
/** Padding that avoids strides of a power of two, which map rows to the same cache lines. */
const ROW_PADDING = 16;
/** Blocks start at cache lines. */
const ALIGNMENT = 64;

const roundUp = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;

/** Floats between the starts of neighbouring rows with `features` features. */
export const strideFor = (features: number, { panel }: ProgramLayout): number => roundUp(features, panel) + ROW_PADDING;

/**
 * What a program computes: its outputs (`forward`), its gradient with respect to inputs and parameters (`backward`), or
 * a loss and its gradient with respect to the parameters alone (`loss`).
 */
export type Purpose = 'forward' | 'backward' | 'loss';

/** A block of memory with its lifetime, both ends included. */
interface Block {
  /** Floats for each point of a tile. */
  readonly floats: number;
  readonly from: number;
  to: number;
}

/** How an operation contributes to the gradient of one of its operands. */
export interface Contribution {
  /** Offset of that gradient, or NONE. */
  readonly gradient: number;
  /** Whether another operation has already written there. */
  readonly accumulates: boolean;
}

/** The additional buffers of the passes of `assembly/scalar-gradient.ts`, as offsets in bytes. */
export interface AdjointLayout {
  /** By operation: the derivatives of the network's value with respect to the operation's result. */
  readonly values: readonly number[];
  readonly g0: number;
  readonly g1: number;
  readonly g2: number;
}

/** The layout of a program's data in a thread's scratch, as offsets in bytes. */
export interface ScratchLayout {
  readonly tilePoints: number;
  readonly scratchBytes: number;
  /** By register. */
  readonly strides: readonly number[];
  readonly values: readonly number[];
  readonly gradients: readonly number[];
  /** By operation: its pre-activations, if it is a linear map with an activation; else its result. */
  readonly preActivations: readonly number[];
  /** By operation: other data that it keeps for the backward pass. */
  readonly keptData: readonly number[];
  readonly contributions: readonly (readonly Contribution[])[];
  /** Indices of the operations that the backward pass runs, in its order. */
  readonly backwardOrder: readonly number[];
  readonly contribution: number;
  readonly temporaries: number;
  readonly adjoint?: AdjointLayout;
}

/** By register: whether its gradient is needed. */
export const registersWithGradient = ({ inputs, operations }: KernelProgram, purpose: Purpose): boolean[] => {
  const needsGradient = inputs.map(() => purpose === 'backward');
  if (purpose === 'forward') return [...needsGradient, ...operations.map(() => false)];
  for (const operation of operations)
    needsGradient.push(hasParameters(operation) || operation.inputs.some(register => needsGradient[register]));
  return needsGradient;
};

/**
 * Assigns each block to the first sufficient gap between the blocks that are live at the same time.
 *
 * @returns the offset of each block, and the total size
 */
const fitBlocks = (
  blocks: readonly Block[],
  bytesOf: (block: Block) => number,
): { readonly offsets: ReadonlyMap<Block, number>; readonly bytes: number } => {
  const allocated: { readonly block: Block; readonly start: number; readonly end: number }[] = [];
  for (const block of [...blocks].sort((a, b) => a.from - b.from)) {
    const bytes = bytesOf(block);
    let start = 0;
    for (const other of allocated) {
      if (other.block.to < block.from || other.block.from > block.to) continue;
      if (start + bytes <= other.start) break;
      start = Math.max(start, other.end);
    }
    allocated.push({ block, start, end: start + bytes });
    allocated.sort((a, b) => a.start - b.start);
  }
  return {
    offsets: new Map(allocated.map(({ block, start }) => [block, start])),
    bytes: Math.max(0, ...allocated.map(({ end }) => end)),
  };
};

/** The number of points of a tile: as the layout requires, and so that the tile stays in the cache. */
const tilePointsFor = (
  bytesPerPoint: number,
  { tileBytes, tilePointsMultiple: multiple = 4 }: ProgramLayout,
  temporaryBytes: number,
): number => {
  const fitting = Math.min(MAX_TILE_POINTS, (tileBytes - temporaryBytes) / bytesPerPoint);
  return Math.max(MIN_TILE_POINTS, Math.floor(fitting / multiple) * multiple);
};

/** Bytes of a buffer with `floats` floats for each point of a tile. */
const bytesFor = (floats: number, tilePoints: number): number => roundUp(floats * tilePoints * FLOAT, ALIGNMENT);

/** The scratch that a program needs in addition to its values and gradients. */
export interface ScratchRequirements {
  readonly layout: ProgramLayout;
  /** For temporaries of derivatives and for registers of formulas. */
  readonly temporaryBytes: number;
  /** By operation: floats per point that it keeps for the backward pass, without values and pre-activations. */
  readonly keptFloats: readonly number[];
}

/** Lays out the scratch of a program. */
export const layOutScratch = (
  program: KernelProgram,
  purpose: Purpose,
  { layout, temporaryBytes, keptFloats }: ScratchRequirements,
): ScratchLayout => {
  const { inputs, operations, shape } = program;
  const blocks = blockCount(shape);
  const strides = registerWidths(program).map(width => strideFor(width, layout));
  const needsGradient = registersWithGradient(program, purpose);
  const last = strides.length - 1;
  const end = 2 * operations.length + 2;
  const keepsAll = purpose !== 'forward';
  /** The times at which an operation runs in the forward and in the backward pass. */
  const forwardTime = (operation: number): number => operation + 1;
  const backwardTime = (operation: number): number => end - 1 - operation;

  const blockOf = (register: number, from: number, to: number): Block => ({
    floats: blocks * (strides[register] as number),
    from,
    to,
  });
  const values = strides.map((_, register) =>
    blockOf(register, Math.max(0, register - inputs.length + 1), keepsAll ? end : 0),
  );
  const preActivations = operations.map((operation, index) => {
    if (operation.kind !== 'linear' || operation.activation === undefined) return undefined;
    return blockOf(inputs.length + index, forwardTime(index), keepsAll ? end : forwardTime(index));
  });
  const keptData = operations.map((_, index): Block => {
    const floats = keptFloats[index] ?? 0;
    return { floats, from: forwardTime(index), to: keepsAll ? end : forwardTime(index) };
  });
  if (!keepsAll) {
    for (const [index, operation] of operations.entries())
      for (const register of operation.inputs) (values[register] as Block).to = forwardTime(index);
    for (const block of values) block.to = Math.max(block.to, block.from);
    (values[last] as Block).to = end;
  }

  const gradients = new Array<Block | undefined>(strides.length).fill(undefined);
  const contributions: Block[][] = operations.map(() => []);
  const accumulates: boolean[][] = operations.map(() => []);
  const backwardOrder: number[] = [];
  let contributionFloats = 0;
  // Where nothing learns, too: the kernels write the derivatives with respect to the outputs there.
  if (purpose !== 'forward') gradients[last] = blockOf(last, operations.length, end);
  for (let index = operations.length - 1; index >= 0; index--) {
    const register = inputs.length + index;
    const own = gradients[register];
    if (own === undefined) continue;
    backwardOrder.push(index);
    const operation = operations[index] as Operation;
    const time = backwardTime(index);
    own.to = time;
    for (const [k, input] of operation.inputs.entries()) {
      if (!needsGradient[input]) continue;
      const known = gradients[input];
      // An elementwise operation converts its own gradient into that of its operand, in place.
      const gradient = known ?? (operation.kind === 'elementwise' ? own : blockOf(input, time, end));
      gradient.to = end;
      gradients[input] = gradient;
      (contributions[index] as Block[])[k] = gradient;
      (accumulates[index] as boolean[])[k] = known !== undefined;
      if (known !== undefined) contributionFloats = Math.max(contributionFloats, gradient.floats);
    }
  }

  const contribution: Block = { floats: contributionFloats, from: 0, to: end };
  const all = new Set(
    [...values, ...preActivations, ...keptData, ...gradients, contribution].filter(block => block !== undefined),
  );
  const perPoint = fitBlocks([...all], block => block.floats * FLOAT).bytes;
  const tilePoints = tilePointsFor(perPoint, layout, temporaryBytes);
  const { offsets, bytes } = fitBlocks([...all], block => bytesFor(block.floats, tilePoints));
  const offsetOf = (block: Block | undefined): number => (block === undefined ? NONE : (offsets.get(block) as number));
  return {
    tilePoints,
    scratchBytes: bytes + roundUp(temporaryBytes, ALIGNMENT),
    strides,
    values: values.map(offsetOf),
    gradients: gradients.map(offsetOf),
    preActivations: preActivations.map((block, index) => offsetOf(block ?? values[inputs.length + index])),
    keptData: keptData.map(offsetOf),
    contributions: operations.map(({ inputs: read }, index) =>
      read.map((_, k) => ({
        gradient: offsetOf(contributions[index]?.[k]),
        accumulates: accumulates[index]?.[k] ?? false,
      })),
    ),
    backwardOrder,
    contribution: offsetOf(contribution),
    temporaries: bytes,
  };
};

/**
 * Lays out the scratch of a chain of linear maps for the passes of `assembly/scalar-gradient.ts`, which have one block
 * per value and keep everything.
 */
export const layOutAdjointScratch = (
  program: KernelProgram,
  purpose: Purpose,
  { layout, temporaryBytes, keptFloats }: ScratchRequirements,
): ScratchLayout => {
  const { inputs, operations } = program;
  const strides = registerWidths(program).map(width => strideFor(width, layout));
  const widest = Math.max(...strides);
  const own = operations.map((_, index) => strides[inputs.length + index] as number);
  const hasActivation = operations.map(operation => operation.kind === 'linear' && operation.activation !== undefined);
  const preActivationFloats = own.filter((_, index) => hasActivation[index]);
  const floats = [...strides, ...preActivationFloats, ...keptFloats, ...own, widest, widest, widest];
  const perPoint = FLOAT * floats.reduce((sum, count) => sum + count, 0);
  const tilePoints = tilePointsFor(perPoint, layout, temporaryBytes);
  let bytes = 0;
  const take = (count: number): number => {
    const offset = bytes;
    bytes += bytesFor(count, tilePoints);
    return offset;
  };
  const values = strides.map(take);
  const preActivations = own.map((stride, index) =>
    hasActivation[index] ? take(stride) : (values[inputs.length + index] as number),
  );
  const keptData = keptFloats.map(take);
  const adjoints = own.map(take);
  const adjoint = { values: adjoints, g0: take(widest), g1: take(widest), g2: take(widest) };
  const temporaries = take(0);
  const wants = purpose === 'backward';
  return {
    tilePoints,
    scratchBytes: bytes + roundUp(temporaryBytes, ALIGNMENT),
    strides,
    values,
    gradients: strides.map((_, register) => (wants && register === 0 ? 0 : NONE)),
    preActivations,
    keptData,
    contributions: operations.map(() => [{ gradient: NONE, accumulates: false }]),
    backwardOrder: [],
    contribution: 0,
    temporaries,
    adjoint,
  };
};
