/**
 * @file The exports of the WebAssembly module; see `assembly/index.ts`. Addresses are in bytes, lengths in floats
 *   unless stated otherwise.
 */

import type { constants } from '../generated/records.ts';

type Constants = typeof constants;

/** The kind of a job that threads share. */
export type JobKind = Constants[Extract<keyof Constants, `JOB_${string}`>];

/** The functions of the WebAssembly module. */
export interface WasmExports {
  heapBase(): number;
  /** Processes one thread's share of the job with the record at `job`. */
  run(kind: number, job: number, thread: number, threads: number): void;
  clear(target: number, bytes: number): void;
  /** Adds the sums of all threads to those of the first; they are `bytes` apart. */
  addThreads(sums: number, bytes: number, threads: number): void;
  packPanels(source: number, k: number, n: number, stride: number, panels: number): void;
  packTransposedPanels(source: number, k: number, n: number, stride: number, panels: number): void;
  /** Bytes that a grid operation keeps for each point and level. */
  gridKeptBytes(axes: number, rowFeatures: number, blocks: number): number;
  /** Bytes of scratch that its backward pass uses in addition. */
  gridScratchBytes(axes: number, blocks: number): number;
  /** Packs the parameters of a field for the kernels, as `count` records describe. */
  packParameters(list: number, count: number, field: number): void;
  /** Adds gradients to the flat gradient, as `count` records describe. */
  collectGradients(list: number, count: number, sums: number, flat: number): void;
  /** Adds the partial results of fields that were split between threads, after a job of many fields. */
  joinFields(job: number, threads: number): void;
  /** Adds the gradients of the shared parameters to the flat gradient, after the last job. */
  collectFields(job: number, threads: number): void;
  transposeBlock(
    source: number,
    rows: number,
    columns: number,
    stride: number,
    target: number,
    targetStride: number,
  ): void;
}
