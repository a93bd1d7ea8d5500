/** @file Elementwise functions of vectors. */
import { cosine, exponential, hyperbolicTangent, logistic, sine, softplus } from './elementary';

export const JOB_SINE: i32 = 16;
export const JOB_COSINE: i32 = 17;
export const JOB_EXPONENTIAL: i32 = 18;
export const JOB_HYPERBOLIC_TANGENT: i32 = 19;
export const JOB_LOGISTIC: i32 = 20;
export const JOB_SOFTPLUS: i32 = 21;

/** Written by `src/kernels/functions.ts`. */
// @ts-ignore: decorator
@unmanaged
export class ElementwiseJob {
  x: usize;
  y: usize;
  /** A multiple of 16. */
  bytes: usize;
  /** Bytes that a thread processes at a time; a multiple of 16. */
  tileBytes: usize;
}

/** y = f(x), `bytes` of each. */
function apply(kind: i32, x: usize, y: usize, bytes: usize): void {
  if (kind == JOB_SINE) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, sine(v128.load(x + i)));
  else if (kind == JOB_COSINE) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, cosine(v128.load(x + i)));
  else if (kind == JOB_EXPONENTIAL) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, exponential(v128.load(x + i)));
  else if (kind == JOB_HYPERBOLIC_TANGENT)
    for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, hyperbolicTangent(v128.load(x + i)));
  else if (kind == JOB_LOGISTIC) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, logistic(v128.load(x + i)));
  else if (kind == JOB_SOFTPLUS) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, softplus(v128.load(x + i)));
}

/** Processes one thread's share of the tiles. */
export function elementwise(kind: i32, job: ElementwiseJob, thread: i32, threads: i32): void {
  const step = job.tileBytes * <usize>threads;
  for (let start = job.tileBytes * <usize>thread; start < job.bytes; start += step)
    apply(kind, job.x + start, job.y + start, min(job.tileBytes, job.bytes - start));
}
