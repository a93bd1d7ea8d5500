/**
 * @file What runs placed programs. The machine of this package is its WebAssembly module; a package with code of its
 *   own for the same records of `assembly/`, in the same memory, gives its backend another one.
 */

export { constants, records } from './generated/records.ts';

import type { ThreadPool } from './threads/pool.ts';
import type { WasmExports } from './wasm/exports.ts';
import type { Arena } from './wasm/memory.ts';

/** How a machine wants programs to be laid out. */
export interface ProgramLayout {
  /**
   * Numbers of a vector, or of several: rows are filled up to a multiple of it, and matrices lie in panels of so many
   * columns. A multiple of 4, at most 16.
   */
  readonly panel: number;
  /** Bytes of a tile's jets that should stay in a second-level cache. */
  readonly tileBytes: number;
  /**
   * Bytes of a packed weight matrix that `depth` rows of `columns` multiply, where a machine does not keep it as float32
   * panels.
   */
  readonly weightBytes?: (depth: number, columns: number) => number;
}

/** The functions of a machine that are called by themselves, in the memory of its arena. */
export type MachineFunctions = Pick<
  WasmExports,
  | 'clear'
  | 'addThreads'
  | 'packParameters'
  | 'collectGradients'
  | 'joinFields'
  | 'collectFields'
  | 'gridKeptBytes'
  | 'gridScratchBytes'
>;

/** What runs placed programs, and jobs on long vectors. */
export interface Machine {
  readonly functions: MachineFunctions;
  readonly arena: Arena;
  /** Runs jobs on its threads; see {@link ThreadPool}. */
  readonly pool: Pick<ThreadPool, 'count' | 'run'>;
  readonly layout: ProgramLayout;
}
