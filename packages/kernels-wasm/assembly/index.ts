/**
 * @file The functions that TypeScript calls. The memory is imported and shared by all threads; every thread has its own
 *   instance.
 */
import { AdamJob, adam, JOB_ADAM } from './adam';
import { ElementwiseJob, elementwise } from './elementwise';
import { FieldsJob, JOB_MANY_FIELDS, manyFields } from './many-fields';
import { rowsTimesPanels } from './matrix-product';
import { JOB_TABLE_GRADIENTS, tableGradients } from './ops/grid-tape';
import { JOB_ORTHONORMAL_ROWS, OrthonormalRowsJob, orthonormalRows } from './orthonormal-rows';
import { Program } from './program';
import { FLOAT } from './simd';
import { JOB_SCALAR_GRADIENT_LOSS, runTiles } from './tiles';

export { collectFields, joinFields } from './many-fields';
export { packPanels, packTransposedPanels } from './matrix-product';
export { gridKeptBytes, gridScratchBytes } from './ops/grid';
export { collectGradients, packParameters } from './parameters';
export { transposeBlock } from './transpose';

// More kinds of jobs are in tiles.ts, many-fields.ts, adam.ts, orthonormal-rows.ts, elementwise.ts
// and ops/grid-tape.ts.
export const JOB_PRODUCT: i32 = 6;

/** C = A B; `[rows][k]` times panels. Written by `src/kernels/mat-mul.ts`. */
// @ts-ignore: decorator
@unmanaged
export class ProductJob {
  a: usize;
  strideA: i32;
  rows: i32;
  k: i32;
  panels: usize;
  panelCount: i32;
  c: usize;
  strideC: i32;
  /** Rows that a thread processes at a time; a multiple of 4. */
  tileRows: i32;
}

function product(job: ProductJob, thread: i32, threads: i32): void {
  for (let start = thread * job.tileRows; start < job.rows; start += threads * job.tileRows)
    rowsTimesPanels(
      job.a + <usize>start * <usize>job.strideA * FLOAT,
      job.strideA,
      min(job.tileRows, job.rows - start),
      job.k,
      job.panels,
      job.panelCount,
      job.c + <usize>start * <usize>job.strideC * FLOAT,
      job.strideC,
      0,
    );
}

/** Processes one thread's share of a job. */
export function run(kind: i32, job: usize, thread: i32, threads: i32): void {
  if (kind <= JOB_SCALAR_GRADIENT_LOSS) runTiles(kind, changetype<Program>(job), thread, threads);
  else if (kind == JOB_PRODUCT) product(changetype<ProductJob>(job), thread, threads);
  else if (kind == JOB_ADAM) adam(changetype<AdamJob>(job), thread, threads);
  else if (kind == JOB_ORTHONORMAL_ROWS) orthonormalRows(changetype<OrthonormalRowsJob>(job), thread, threads);
  else if (kind == JOB_MANY_FIELDS) manyFields(changetype<FieldsJob>(job), thread, threads);
  else if (kind == JOB_TABLE_GRADIENTS) tableGradients(changetype<Program>(job), thread, threads);
  else elementwise(kind, changetype<ElementwiseJob>(job), thread, threads);
}

/** Fills `bytes` with zeros. */
export function clear(target: usize, bytes: usize): void {
  memory.fill(target, 0, bytes);
}

/** Adds the sums of all threads to those of the first, in the order of the threads. `bytes` is a multiple of 16. */
export function addThreads(sums: usize, bytes: usize, threads: i32): void {
  for (let thread = 1; thread < threads; thread++) {
    const from = sums + <usize>thread * bytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(sums + i, f32x4.add(v128.load(sums + i), v128.load(from + i)));
  }
}

/** The first free address of the memory. */
export function heapBase(): usize {
  return __heap_base;
}
