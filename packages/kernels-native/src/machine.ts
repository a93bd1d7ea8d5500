/** @file The addon as a machine that runs the programs of kernels-wasm, in the same memory. */
import type { Machine, ProgramLayout } from '@neural-fields/kernels-wasm/machine';
import type { Addon, MachineHandle } from './addon/addon.ts';

/** How exact the products of a backend are. */
export type Precision = 'float32' | 'high';

/** The kernels of an instruction set, by the name that the addon gives them. */
export const kernelsOf = (instructionSet: string, precision: Precision): string =>
  precision === 'high' ? `${instructionSet} high` : instructionSet;

/**
 * Sizes of a tile. The larger it is, the fewer times the weights are read from the second-level cache or beyond. AMX
 * multiplies blocks of 32 rows, and is the quickest with more than fits in its second-level cache: it waits for memory
 * less than for the weights of another tile.
 */
const TILES: Readonly<Record<string, Pick<ProgramLayout, 'tileBytes' | 'tilePointsMultiple'>>> = {
  'AVX-512': { tileBytes: 2 ** 20 },
  AMX: { tileBytes: 2 ** 21, tilePointsMultiple: 32 },
};
const TILES_ELSEWHERE = { tileBytes: 2 ** 19 };

/** Rows of a product that a thread multiplies at a time. */
const PRODUCT_ROWS = 128;

/** A machine that can end. */
export interface NativeMachine extends Machine {
  /** Ends the threads. */
  dispose(): void;
}

/** Makes a machine in the memory of kernels. */
export const createMachine = (
  addon: Addon,
  { arena }: Pick<Machine, 'arena'>,
  {
    threads,
    instructionSet,
    precision,
  }: { readonly threads: number; readonly instructionSet: string; readonly precision: Precision },
): NativeMachine => {
  // It is shared and was given all of its addresses at once, so it never moves when it grows.
  let { buffer } = arena.memory;
  const created = addon.createMachine(new Uint8Array(buffer), threads, kernelsOf(instructionSet, precision));
  /** The machine, which knows how long the memory is. */
  const machine = (): MachineHandle => {
    if (buffer !== arena.memory.buffer) {
      buffer = arena.memory.buffer;
      addon.grow(created, new Uint8Array(buffer));
    }
    return created;
  };
  const layout: ProgramLayout = {
    panel: addon.panelOf(created),
    ...(TILES[instructionSet] ?? TILES_ELSEWHERE),
    productRows: PRODUCT_ROWS,
    weightBytes: (depth, columns) => addon.weightBytes(machine(), depth, columns),
  };
  return {
    arena,
    layout,
    functions: {
      clear: (target, bytes) => addon.clear(machine(), target, bytes),
      addThreads: (sums, bytes, count) => addon.addThreads(machine(), sums, bytes, count),
      packParameters: (list, count, field) => addon.packParameters(machine(), list, count, field),
      packMatrix: (source, depth, columns, isTransposed, target) =>
        addon.packMatrix(machine(), source, depth, columns, isTransposed ? 1 : 0, target),
      collectGradients: (list, count, sums, flat) => addon.collectGradients(machine(), list, count, sums, flat),
      joinFields: (job, count) => addon.joinFields(machine(), job, count),
      collectFields: (job, count) => addon.collectFields(machine(), job, count),
      gridKeptBytes: (axes, rowFeatures, blocks) => addon.gridKeptBytes(machine(), axes, rowFeatures, blocks),
      gridScratchBytes: (axes, blocks) => addon.gridScratchBytes(machine(), axes, blocks),
    },
    pool: { count: threads, run: (kind, job, count = threads) => addon.run(machine(), kind, job, count) },
    dispose: () => addon.dispose(created),
  };
};
