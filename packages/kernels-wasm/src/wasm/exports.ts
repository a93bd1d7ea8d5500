/**
 * @file What the WebAssembly module offers; see `assembly/index.ts`. All addresses are in bytes, all lengths in numbers
 * unless said otherwise.
 */

import type { constants } from '../generated/records.ts';

type Constants = typeof constants;

/** The kind of a job that is shared out among threads. */
export type JobKind = Constants[Extract<keyof Constants, `JOB_${string}`>];

/** The functions of the WebAssembly module. */
export interface WasmExports {
  heapBase(): number;
  /** Does one thread's share of the job whose record is at `job`. */
  run(kind: number, job: number, thread: number, threads: number): void;
  clear(target: number, bytes: number): void;
  /** Adds the sums of all threads to those of the first; they lie `bytes` apart. */
  addThreads(sums: number, bytes: number, threads: number): void;
  packPanels(source: number, k: number, n: number, stride: number, panels: number): void;
  packTransposedPanels(source: number, k: number, n: number, stride: number, panels: number): void;
  /** Bytes that an operation on a grid keeps of each point and level. */
  gridKeptBytes(axes: number, rowFeatures: number, blocks: number): number;
  /** Bytes of scratch that it takes beside these. */
  gridScratchBytes(axes: number, blocks: number): number;
  /** Copies the parameters of a field to where the kernels want them, by `count` records. */
  packParameters(list: number, count: number, field: number): void;
  /** Adds gradients to the flat gradient, by `count` records. */
  collectGradients(list: number, count: number, sums: number, flat: number): void;
  /** Adds up what a job of many fields has left in parts, after the job. */
  joinFields(job: number, threads: number): void;
  /** Adds the gradients of what all fields share to the flat gradient, after the last job. */
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
