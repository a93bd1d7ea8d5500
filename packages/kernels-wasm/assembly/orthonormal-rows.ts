/**
 * @file Orthonormal bases of the rows of square matrices by Householder reflections; core's
 *   `optimizers/orthonormal-rows.ts`
 *   does the same in float64. A thread factorises whole matrices.
 */
import { FLOAT, multiplyAdd } from './simd';

/** Written by `src/kernels/orthonormal-rows.ts`. */
// @ts-ignore: decorator
@unmanaged
export class OrthonormalRowsJob {
  /** `[count][size][stride]`, with zeros after `size` elements; overwritten. */
  rows: usize;
  /** The same for the result; zeros. */
  bases: usize;
  /** `[count][size]` */
  factors: usize;
  count: i32;
  size: i32;
  /** Floats between rows; a multiple of 4. */
  stride: i32;
}

export const JOB_ORTHONORMAL_ROWS: i32 = 9;

// @ts-ignore: decorator
@inline
function sumOf(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** Divides a row by its largest absolute value, so that no square of it underflows. The basis does not depend on it. */
function normalise(row: usize, bytes: usize): void {
  let most = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(row + i)));
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  if (largest == 0) return;
  const by = f32x4.splat(largest);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(row + i, f32x4.div(v128.load(row + i), by));
}

function squaredLength(row: usize, from: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let i = from; i < bytes; i += 16) {
    const a = v128.load(row + i);
    sum = multiplyAdd(a, a, sum);
  }
  return sumOf(sum);
}

/** Reflects one row at v. */
function reflect(v: usize, factor: f32, row: usize, from: usize, bytes: usize): void {
  let sum = f32x4.splat(0);
  for (let i = from; i < bytes; i += 16) sum = multiplyAdd(v128.load(v + i), v128.load(row + i), sum);
  const along = f32x4.splat(-factor * sumOf(sum));
  for (let i = from; i < bytes; i += 16) v128.store(row + i, multiplyAdd(along, v128.load(v + i), v128.load(row + i)));
}

/** Reflects four rows at v, which are `next` bytes apart. */
function reflectFour(v: usize, factor: f32, row: usize, next: usize, from: usize, bytes: usize): void {
  const second = row + next;
  const third = second + next;
  const fourth = third + next;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  for (let i = from; i < bytes; i += 16) {
    const x = v128.load(v + i);
    a = multiplyAdd(x, v128.load(row + i), a);
    b = multiplyAdd(x, v128.load(second + i), b);
    c = multiplyAdd(x, v128.load(third + i), c);
    d = multiplyAdd(x, v128.load(fourth + i), d);
  }
  a = f32x4.splat(-factor * sumOf(a));
  b = f32x4.splat(-factor * sumOf(b));
  c = f32x4.splat(-factor * sumOf(c));
  d = f32x4.splat(-factor * sumOf(d));
  for (let i = from; i < bytes; i += 16) {
    const x = v128.load(v + i);
    v128.store(row + i, multiplyAdd(a, x, v128.load(row + i)));
    v128.store(second + i, multiplyAdd(b, x, v128.load(second + i)));
    v128.store(third + i, multiplyAdd(c, x, v128.load(third + i)));
    v128.store(fourth + i, multiplyAdd(d, x, v128.load(fourth + i)));
  }
}

/** Reflects the rows from `first` to the last. */
function reflectRows(v: usize, factor: f32, rows: usize, first: i32, size: i32, from: usize, bytes: usize): void {
  let row = first;
  for (; row + 3 < size; row += 4) reflectFour(v, factor, rows + <usize>row * bytes, bytes, from, bytes);
  for (; row < size; row++) reflect(v, factor, rows + <usize>row * bytes, from, bytes);
}

/**
 * Turns a row into the v of the reflection that maps its elements from k onto its k-th; the others become 0.
 *
 * @returns the factor
 */
function reflectionOf(row: usize, k: i32, from: usize, bytes: usize): f32 {
  for (let i = from; i < <usize>k * FLOAT; i += FLOAT) store<f32>(row + i, 0);
  const at = row + <usize>k * FLOAT;
  const head = load<f32>(at);
  store<f32>(at, 0);
  const tail = squaredLength(row, from, bytes);
  if (tail == 0) return 0;
  const length = sqrt<f32>(head * head + tail);
  const v0 = head > 0 ? head + length : head - length;
  store<f32>(at, v0);
  return 2 / (v0 * v0 + tail);
}

function factorise(rows: usize, basis: usize, factors: usize, size: i32, bytes: usize): void {
  for (let k = 0; k < size; k++) normalise(rows + <usize>k * bytes, bytes);
  for (let k = 0; k < size; k++) {
    const v = rows + <usize>k * bytes;
    const from = <usize>(k & ~3) * FLOAT;
    const factor = reflectionOf(v, k, from, bytes);
    store<f32>(factors + <usize>k * FLOAT, factor);
    if (factor != 0) reflectRows(v, factor, rows, k + 1, size, from, bytes);
  }
  for (let k = size - 1; k >= 0; k--) {
    store<f32>(basis + <usize>k * bytes + <usize>k * FLOAT, 1);
    const factor = load<f32>(factors + <usize>k * FLOAT);
    if (factor != 0) reflectRows(rows + <usize>k * bytes, factor, basis, k, size, <usize>(k & ~3) * FLOAT, bytes);
  }
}

/** Factorises one thread's share of the matrices. */
export function orthonormalRows(job: OrthonormalRowsJob, thread: i32, threads: i32): void {
  const bytes = <usize>job.stride * FLOAT;
  const matrix = <usize>job.size * bytes;
  for (let index = thread; index < job.count; index += threads)
    factorise(
      job.rows + <usize>index * matrix,
      job.bases + <usize>index * matrix,
      job.factors + <usize>(index * job.size) * FLOAT,
      job.size,
      bytes,
    );
}
