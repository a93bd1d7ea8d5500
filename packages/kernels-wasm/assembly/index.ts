/** @file What the TypeScript side calls. Memory is imported, and shared by all threads; every thread has its own instance. */
import { ElementwiseJob, elementwise } from './elementwise';
import { FieldJob, fieldForward, fieldLoss, fieldReverse } from './field';
import { rowsTimesPanels } from './product';
import { scalarGradientForward, scalarGradientLoss, scalarGradientReverse } from './scalar-gradient';
import { FLOAT } from './simd';

export { packPanels, packTransposedPanels } from './product';
export { transposeBlock } from './transpose';

const FIELD_FORWARD: i32 = 0;
const FIELD_REVERSE: i32 = 1;
const PRODUCT: i32 = 2;
const SCALAR_GRADIENT_FORWARD: i32 = 5;
const SCALAR_GRADIENT_REVERSE: i32 = 6;
const FIELD_LOSS: i32 = 7;
const SCALAR_GRADIENT_LOSS: i32 = 8;

/** C = A B; `[rows][k]` times panels. Written by `src/kernels/mat-mul.ts`. */
// @ts-ignore: decorator
@unmanaged
class ProductJob {
  a: usize;
  strideA: i32;
  rows: i32;
  k: i32;
  panels: usize;
  panelCount: i32;
  c: usize;
  strideC: i32;
  /** Rows that a thread takes at a time; a multiple of 4. */
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

/** Does one thread's share of a job. */
export function run(kind: i32, job: usize, thread: i32, threads: i32): void {
  if (kind == FIELD_FORWARD) fieldForward(changetype<FieldJob>(job), thread, threads);
  else if (kind == FIELD_REVERSE) fieldReverse(changetype<FieldJob>(job), thread, threads);
  else if (kind == PRODUCT) product(changetype<ProductJob>(job), thread, threads);
  else if (kind == SCALAR_GRADIENT_FORWARD) scalarGradientForward(changetype<FieldJob>(job), thread, threads);
  else if (kind == SCALAR_GRADIENT_REVERSE) scalarGradientReverse(changetype<FieldJob>(job), thread, threads);
  else if (kind == FIELD_LOSS) fieldLoss(changetype<FieldJob>(job), thread, threads);
  else if (kind == SCALAR_GRADIENT_LOSS) scalarGradientLoss(changetype<FieldJob>(job), thread, threads);
  else elementwise(kind, changetype<ElementwiseJob>(job), thread, threads);
}

/** Fills with zeros. */
export function clear(target: usize, bytes: usize): void {
  memory.fill(target, 0, bytes);
}

/** Adds the sums of all threads to those of the first, in order. `bytes` is a multiple of 16. */
export function addThreads(sums: usize, bytes: usize, threads: i32): void {
  for (let thread = 1; thread < threads; thread++) {
    const from = sums + <usize>thread * bytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(sums + i, f32x4.add(v128.load(sums + i), v128.load(from + i)));
  }
}

/** From panels `[n / 8][paddedK][8]` to `[k][n]`. */
export function unpackPanels(panels: usize, k: i32, paddedK: i32, n: i32, target: usize): void {
  for (let column = 0; column < n; column += 8) {
    const bytes = <usize>min(n - column, 8) * FLOAT;
    const panel = panels + <usize>(column * paddedK) * FLOAT;
    for (let i = 0; i < k; i++) memory.copy(target + <usize>(i * n + column) * FLOAT, panel + <usize>i * 32, bytes);
  }
}

/** Where memory is free from. */
export function heapBase(): usize {
  return __heap_base;
}
