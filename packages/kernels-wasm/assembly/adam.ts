/** @file The Adam update, in place; the formula is in core's `fit/adam.ts`. */
import { multiplyAdd } from './simd';

/** Written by `src/kernels/adam.ts`. */
// @ts-ignore: decorator
@unmanaged
export class AdamJob {
  parameters: usize;
  gradient: usize;
  first: usize;
  second: usize;
  /** Bytes of each vector; a multiple of 16. */
  bytes: usize;
  /** Bytes that a thread processes at a time; a multiple of 16. */
  tileBytes: usize;
  beta1: f32;
  beta2: f32;
  /** 1 - beta1 and 1 - beta2, computed in float64: the subtraction in float32 would lose the last digits. */
  oneMinusBeta1: f32;
  oneMinusBeta2: f32;
  epsilon: f32;
  weightDecay: f32;
  stepSize: f32;
  secondCorrection: f32;
  /** The factor on the parameters: decoupled weight decay. */
  parameterScale: f32;
  /** 1 if elements whose gradient is 0 do not change, else 0. */
  lazy: i32;
}

export const JOB_ADAM: i32 = 7;

function update(job: AdamJob, start: usize, end: usize): void {
  const beta1 = f32x4.splat(job.beta1);
  const beta2 = f32x4.splat(job.beta2);
  const oneMinusBeta1 = f32x4.splat(job.oneMinusBeta1);
  const oneMinusBeta2 = f32x4.splat(job.oneMinusBeta2);
  const epsilon = f32x4.splat(job.epsilon);
  const weightDecay = f32x4.splat(job.weightDecay);
  const stepSize = f32x4.splat(job.stepSize);
  const secondCorrection = f32x4.splat(job.secondCorrection);
  const parameterScale = f32x4.splat(job.parameterScale);
  const always = i32x4.splat(job.lazy ? 0 : -1);
  for (let i = start; i < end; i += 16) {
    const p = v128.load(job.parameters + i);
    const own = v128.load(job.gradient + i);
    const moves = v128.or(always, f32x4.ne(own, f32x4.splat(0)));
    if (!v128.any_true(moves)) continue;
    const before = v128.load(job.first + i);
    const beforeSquared = v128.load(job.second + i);
    const gradient = multiplyAdd(weightDecay, p, own);
    const m = multiplyAdd(beta1, before, f32x4.mul(oneMinusBeta1, gradient));
    const v = multiplyAdd(beta2, beforeSquared, f32x4.mul(f32x4.mul(oneMinusBeta2, gradient), gradient));
    const size = multiplyAdd(f32x4.sqrt(v), secondCorrection, epsilon);
    const next = f32x4.sub(f32x4.mul(parameterScale, p), f32x4.div(f32x4.mul(stepSize, m), size));
    v128.store(job.first + i, v128.bitselect(m, before, moves));
    v128.store(job.second + i, v128.bitselect(v, beforeSquared, moves));
    v128.store(job.parameters + i, v128.bitselect(next, p, moves));
  }
}

/** Processes one thread's share of the tiles. */
export function adam(job: AdamJob, thread: i32, threads: i32): void {
  const step = job.tileBytes * <usize>threads;
  for (let start = job.tileBytes * <usize>thread; start < job.bytes; start += step)
    update(job, start, min(start + job.tileBytes, job.bytes));
}
