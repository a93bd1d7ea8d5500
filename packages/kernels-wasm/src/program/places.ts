/**
 * @file Where in a thread's scratch a program keeps what: each value as long as something reads it, and each gradient
 * as long.
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
const MOST_TILE_POINTS = 128;
const FEWEST_TILE_POINTS = 16;
/** Rows that are a power of two apart fall into the same lines of a cache. */
const ROW_PADDING = 16;
/** Blocks start at cache lines. */
const ALIGNMENT = 64;

const roundUp = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;

/** Floats from one row of so many features to the next. */
export const strideFor = (features: number, { panel }: ProgramLayout): number => roundUp(features, panel) + ROW_PADDING;

/**
 * What a program is run for: its outputs, or its gradient, with respect to the inputs too or, behind a loss, to the
 * parameters alone.
 */
export type Purpose = 'forward' | 'reverse' | 'loss';

/** A block of memory that is needed from one moment to another, both included. */
interface Block {
  /** Floats for each point of a tile. */
  readonly floats: number;
  readonly from: number;
  to: number;
}

/** How an operation takes part in the gradient of one of its operands. */
export interface Contribution {
  /** Offset of that gradient, or NONE. */
  readonly gradient: number;
  /** Whether another operation has written there before. */
  readonly adds: boolean;
}

/** What the passes of `assembly/scalar-gradient.ts` keep beside the values, as offsets in bytes. */
export interface AdjointPlaces {
  /** By operation: the derivatives of the network's value with respect to what it writes. */
  readonly values: readonly number[];
  readonly g0: number;
  readonly g1: number;
  readonly g2: number;
}

/** The places of a program in a thread's scratch, as offsets in bytes. */
export interface Places {
  readonly tilePoints: number;
  readonly scratchBytes: number;
  /** By register. */
  readonly strides: readonly number[];
  readonly values: readonly number[];
  readonly gradients: readonly number[];
  /** By operation: its pre-activations, where it is a linear map with an activation. */
  readonly preActivations: readonly number[];
  /** By operation: what it keeps for its reverse beside that. */
  readonly kept: readonly number[];
  readonly contributions: readonly (readonly Contribution[])[];
  /** The operations of the reverse pass, in its order. */
  readonly reversed: readonly number[];
  readonly spare: number;
  readonly rows: number;
  readonly adjoint?: AdjointPlaces;
}

/** Which registers have a gradient that somebody asks for. */
const wantedGradients = ({ inputs, operations }: KernelProgram, purpose: Purpose): boolean[] => {
  const wanted = inputs.map(() => purpose === 'reverse');
  if (purpose === 'forward') return [...wanted, ...operations.map(() => false)];
  for (const operation of operations)
    wanted.push(hasParameters(operation) || operation.inputs.some(register => wanted[register]));
  return wanted;
};

/**
 * Gives each block the first gap that it fits in among those that are needed at the same time. @returns the offsets and
 * the end
 */
const fitBlocks = (
  blocks: readonly Block[],
  bytesOf: (block: Block) => number,
): { readonly offsets: ReadonlyMap<Block, number>; readonly bytes: number } => {
  const placed: { readonly block: Block; readonly start: number; readonly end: number }[] = [];
  for (const block of [...blocks].sort((a, b) => a.from - b.from)) {
    const bytes = bytesOf(block);
    let start = 0;
    for (const other of placed) {
      if (other.block.to < block.from || other.block.from > block.to) continue;
      if (start + bytes <= other.start) break;
      start = Math.max(start, other.end);
    }
    placed.push({ block, start, end: start + bytes });
    placed.sort((a, b) => a.start - b.start);
  }
  return {
    offsets: new Map(placed.map(({ block, start }) => [block, start])),
    bytes: Math.max(0, ...placed.map(({ end }) => end)),
  };
};

/** The points of a tile: a multiple of 4 such that it stays in the cache. */
const tilePointsFor = (bytesPerPoint: number, tileBytes: number): number =>
  Math.max(FEWEST_TILE_POINTS, Math.min(MOST_TILE_POINTS, Math.floor(tileBytes / bytesPerPoint / 4) * 4));

/** A row's blocks times the floats of a row. */
const bytesFor = (floats: number, tilePoints: number): number => roundUp(floats * tilePoints * FLOAT, ALIGNMENT);

/** What a program needs beside its values and gradients. */
export interface ScratchNeeds {
  readonly layout: ProgramLayout;
  /** For rows of derivatives and for registers of formulas. */
  readonly rowsBytes: number;
  /** By operation: the floats that it keeps of each point for its reverse, beside values and pre-activations. */
  readonly keptFloats: readonly number[];
}

/** Finds places. */
export const findPlaces = (
  program: KernelProgram,
  purpose: Purpose,
  { layout, rowsBytes, keptFloats }: ScratchNeeds,
): Places => {
  const { inputs, operations, shape } = program;
  const blocks = blockCount(shape);
  const strides = registerWidths(program).map(width => strideFor(width, layout));
  const wanted = wantedGradients(program, purpose);
  const last = strides.length - 1;
  const end = 2 * operations.length + 2;
  const keeps = purpose !== 'forward';
  /** When an operation is run, forward and in reverse. */
  const forwardTime = (operation: number): number => operation + 1;
  const reverseTime = (operation: number): number => end - 1 - operation;

  const blockOf = (register: number, from: number, to: number): Block => ({
    floats: blocks * (strides[register] as number),
    from,
    to,
  });
  const values = strides.map((_, register) =>
    blockOf(register, Math.max(0, register - inputs.length + 1), keeps ? end : 0),
  );
  const preActivations = operations.map((operation, index) => {
    if (operation.kind !== 'linear' || operation.activation === undefined) return undefined;
    return blockOf(inputs.length + index, forwardTime(index), keeps ? end : forwardTime(index));
  });
  const kept = operations.map((_, index): Block => {
    const floats = keptFloats[index] ?? 0;
    return { floats, from: forwardTime(index), to: keeps ? end : forwardTime(index) };
  });
  if (!keeps) {
    for (const [index, operation] of operations.entries())
      for (const register of operation.inputs) (values[register] as Block).to = forwardTime(index);
    for (const block of values) block.to = Math.max(block.to, block.from);
    (values[last] as Block).to = end;
  }

  const gradients = new Array<Block | undefined>(strides.length).fill(undefined);
  const contributions: Block[][] = operations.map(() => []);
  const adds: boolean[][] = operations.map(() => []);
  const reversed: number[] = [];
  let spareFloats = 0;
  if (wanted[last]) gradients[last] = blockOf(last, operations.length, end);
  for (let index = operations.length - 1; index >= 0; index--) {
    const register = inputs.length + index;
    const own = gradients[register];
    if (own === undefined) continue;
    reversed.push(index);
    const operation = operations[index] as Operation;
    const time = reverseTime(index);
    own.to = time;
    for (const [k, input] of operation.inputs.entries()) {
      if (!wanted[input]) continue;
      const known = gradients[input];
      // A function of each number turns its own gradient into that of its operand.
      const gradient = known ?? (operation.kind === 'elementwise' ? own : blockOf(input, time, end));
      gradient.to = end;
      gradients[input] = gradient;
      (contributions[index] as Block[])[k] = gradient;
      (adds[index] as boolean[])[k] = known !== undefined;
      if (known !== undefined) spareFloats = Math.max(spareFloats, gradient.floats);
    }
  }

  const spare: Block = { floats: spareFloats, from: 0, to: end };
  const all = new Set(
    [...values, ...preActivations, ...kept, ...gradients, spare].filter(block => block !== undefined),
  );
  const perPoint = fitBlocks([...all], block => block.floats * FLOAT).bytes;
  const tilePoints = tilePointsFor(perPoint, layout.tileBytes - rowsBytes);
  const { offsets, bytes } = fitBlocks([...all], block => bytesFor(block.floats, tilePoints));
  const offsetOf = (block: Block | undefined): number => (block === undefined ? NONE : (offsets.get(block) as number));
  return {
    tilePoints,
    scratchBytes: bytes + roundUp(rowsBytes, ALIGNMENT),
    strides,
    values: values.map(offsetOf),
    gradients: gradients.map(offsetOf),
    preActivations: preActivations.map((block, index) => offsetOf(block ?? values[inputs.length + index])),
    kept: kept.map(offsetOf),
    contributions: operations.map(({ inputs: read }, index) =>
      read.map((_, k) => ({ gradient: offsetOf(contributions[index]?.[k]), adds: adds[index]?.[k] ?? false })),
    ),
    reversed,
    spare: offsetOf(spare),
    rows: bytes,
  };
};

/**
 * The same for a chain of linear maps and the passes of `assembly/scalar-gradient.ts`, which carry one block and keep
 * everything.
 */
export const findAdjointPlaces = (
  program: KernelProgram,
  purpose: Purpose,
  { layout, rowsBytes, keptFloats }: ScratchNeeds,
): Places => {
  const { inputs, operations } = program;
  const strides = registerWidths(program).map(width => strideFor(width, layout));
  const widest = Math.max(...strides);
  const own = operations.map((_, index) => strides[inputs.length + index] as number);
  const hasActivation = operations.map(operation => operation.kind === 'linear' && operation.activation !== undefined);
  const preActivationFloats = own.filter((_, index) => hasActivation[index]);
  const floats = [...strides, ...preActivationFloats, ...keptFloats, ...own, widest, widest, widest];
  const perPoint = FLOAT * floats.reduce((sum, count) => sum + count, 0);
  const tilePoints = tilePointsFor(perPoint, layout.tileBytes - rowsBytes);
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
  const kept = keptFloats.map(take);
  const adjoints = own.map(take);
  const adjoint = { values: adjoints, g0: take(widest), g1: take(widest), g2: take(widest) };
  const rows = take(0);
  const wants = purpose === 'reverse';
  return {
    tilePoints,
    scratchBytes: bytes + roundUp(rowsBytes, ALIGNMENT),
    strides,
    values,
    gradients: strides.map((_, register) => (wants && register === 0 ? 0 : NONE)),
    preActivations,
    kept,
    contributions: operations.map(() => [{ gradient: NONE, adds: false }]),
    reversed: [],
    spare: 0,
    rows,
    adjoint,
  };
};
