/** @file Functions of each number that WebAssembly works out four at a time, on all threads. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { constants } from '../generated/records.ts';
import type { Kernels } from '../load-kernels.ts';
import type { JobKind } from '../wasm/exports.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { isFloat, replaceKernel } from './register.ts';
import { BLOCK, TILE_BYTES, WORTH_SHARING } from './vector-jobs.ts';

/** The functions, by the names of tfjs. */
const kinds: Readonly<Record<string, JobKind>> = {
  Sin: constants.JOB_SINE,
  Cos: constants.JOB_COSINE,
  Exp: constants.JOB_EXPONENTIAL,
  Tanh: constants.JOB_HYPERBOLIC_TANGENT,
  Sigmoid: constants.JOB_LOGISTIC,
  Softplus: constants.JOB_SOFTPLUS,
};

/** A function of each number. */
const applyFunction = ({ arena, pool }: Kernels, kind: JobKind, x: Float32Array): Float32Array =>
  arena.scope(() => {
    const y = allocate(x.length);
    const most = Math.min(BLOCK, Math.ceil(x.length / 4) * 4);
    const [from, to, job] = [arena.take(4 * most), arena.take(4 * most), arena.take(recordBytes('ElementwiseJob'))];
    for (let start = 0; start < x.length; start += BLOCK) {
      const count = Math.min(BLOCK, x.length - start);
      arena.floats(from, count).set(x.subarray(start, start + count));
      const bytes = 16 * Math.ceil(count / 4);
      writeRecord(arena, 'ElementwiseJob', job, { x: from, y: to, bytes, tileBytes: TILE_BYTES });
      pool.run(kind, job, count < WORTH_SHARING ? 1 : pool.count);
      y.set(arena.floats(to, count), start);
    }
    return y;
  });

type Single = NamedTensorInfoMap & { readonly x: TensorInfo };

const functionKernel =
  (kind: JobKind): KernelFunc =>
  ({ inputs, backend }) => {
    const { x } = inputs as Single;
    const simd = backend as SimdBackend;
    return simd.makeTensorInfo(x.shape, 'float32', applyFunction(simd.kernels, kind, simd.numbers(x)));
  };

/** Registers these functions. */
export const registerFunctions = (): void => {
  for (const [name, kind] of Object.entries(kinds))
    replaceKernel(name, ({ inputs }) => isFloat((inputs as Single).x), functionKernel(kind));
};
