/**
 * @file The interface of the engine that runs encoded programs. The machine of this package is its WebAssembly module;
 *   another package may give its backend a machine with its own code for the records of `assembly/`, in the same
 *   memory.
 */

export { constants, records } from './generated/records.ts';

import type { ThreadPool } from './threads/pool.ts';
import type { WasmExports } from './wasm/exports.ts';
import type { Arena } from './wasm/memory.ts';

/** The data layout that a machine requires of programs. */
export interface ProgramLayout {
  /**
   * Columns of a panel, a multiple of the vector width: matrices are stored in panels, and rows are padded to a
   * multiple of it. A multiple of 4, at most 16.
   */
  readonly panel: number;
  /** Maximum size of a tile's jets, in bytes, so that they stay in the second-level cache. */
  readonly tileBytes: number;
  /** Where there are several tiles, each has a multiple of this many points, itself a multiple of 4; 4 if absent. */
  readonly tilePointsMultiple?: number;
  /**
   * Bytes of a packed weight matrix `[depth][columns]`; if absent, it is stored in float32 panels.
   */
  readonly weightBytes?: (depth: number, columns: number) => number;
  /** The maximum number of rows that a thread multiplies at a time in a job of a product; 32 if absent. */
  readonly productRows?: number;
}

/** The functions of a machine that are called directly, not as jobs; addresses are in the memory of its arena. */
export interface MachineFunctions
  extends Pick<
    WasmExports,
    | 'clear'
    | 'addThreads'
    | 'packParameters'
    | 'collectGradients'
    | 'joinFields'
    | 'collectFields'
    | 'gridKeptBytes'
    | 'gridScratchBytes'
  > {
  /**
   * Packs a matrix `[depth][columns]` as the right side of a product, or where `isTransposed` one that is stored as
   * `[columns][depth]`.
   */
  packMatrix(source: number, depth: number, columns: number, isTransposed: boolean, target: number): void;
}

/** An engine that runs encoded programs, and jobs on long vectors. */
export interface Machine {
  readonly functions: MachineFunctions;
  readonly arena: Arena;
  /** Runs jobs on its threads; see {@link ThreadPool}. */
  readonly pool: Pick<ThreadPool, 'count' | 'run'>;
  readonly layout: ProgramLayout;
}
