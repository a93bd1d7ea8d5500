/**
 * @file What the addon offers; see `native/addon.c`. All addresses are in bytes from the start of the memory. Every
 *   function throws a TypeError where an argument is not what it must be, and a RangeError where an address, or a
 *   record that a job is made of, leads outside of the memory.
 */

/** A machine of the addon. */
export type MachineHandle = { readonly __brand: 'native machine' };

/** The functions of the addon. */
export interface Addon {
  /** What its records are: those of kernels-wasm must be the same. */
  readonly records: string;
  /** Those that it has kernels for and this processor can run, best first. */
  instructionSets(): string[];
  /** @param memory all bytes of a memory that is shared: one that cannot be detached */
  createMachine(memory: Uint8Array, threads: number, instructionSet: string): MachineHandle;
  /** Tells the machine how long its memory is now. Addresses beyond the length that it knows are refused. */
  grow(machine: MachineHandle, memory: Uint8Array): void;
  /** Bytes of a packed weight matrix `[depth][columns]`. */
  weightBytes(machine: MachineHandle, depth: number, columns: number): number;
  /** Columns of a panel. */
  panelOf(machine: MachineHandle): number;
  run(machine: MachineHandle, kind: number, job: number, threads: number): void;
  clear(machine: MachineHandle, target: number, bytes: number): void;
  addThreads(machine: MachineHandle, sums: number, bytes: number, threads: number): void;
  packParameters(machine: MachineHandle, list: number, count: number, field: number): void;
  /** Packs a matrix `[depth][columns]`, or where `isTransposed` is not 0 one that is stored as `[columns][depth]`. */
  packMatrix(
    machine: MachineHandle,
    source: number,
    depth: number,
    columns: number,
    isTransposed: number,
    target: number,
  ): void;
  collectGradients(machine: MachineHandle, list: number, count: number, sums: number, flat: number): void;
  joinFields(machine: MachineHandle, job: number, threads: number): void;
  collectFields(machine: MachineHandle, job: number, threads: number): void;
  gridKeptBytes(machine: MachineHandle, axes: number, rowFeatures: number, blocks: number): number;
  gridScratchBytes(machine: MachineHandle, axes: number, blocks: number): number;
  /** Ends the threads; a later job starts new ones. */
  dispose(machine: MachineHandle): void;
}

/** The addon, or in one sentence why there is none. */
export type LoadedAddon = { readonly addon: Addon; readonly threads: number } | { readonly problem: string };
