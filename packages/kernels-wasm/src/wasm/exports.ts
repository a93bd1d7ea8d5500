/** @file What the WebAssembly module offers; see `assembly/index.ts`. All addresses are in bytes, all lengths in numbers unless said otherwise. */

/** Jobs that are shared out among threads. */
export const JOBS = {
  fieldForward: 0,
  fieldReverse: 1,
  product: 2,
  sine: 3,
  cosine: 4,
  scalarGradientForward: 5,
  scalarGradientReverse: 6,
  fieldLoss: 7,
  scalarGradientLoss: 8,
  exponential: 32,
  hyperbolicTangent: 33,
  logistic: 34,
  softplus: 35,
} as const;

/** The kind of a job. */
export type JobKind = (typeof JOBS)[keyof typeof JOBS];

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
  unpackPanels(panels: number, k: number, paddedK: number, n: number, target: number): void;
  transposeBlock(source: number, rows: number, columns: number, stride: number, target: number, targetStride: number): void;
}
