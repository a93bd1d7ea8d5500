/** @file Elementwise transcendental functions in WebAssembly SIMD, on all threads. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { constants } from '../generated/records.ts';
import type { Kernels } from '../load-kernels.ts';
import type { JobKind } from '../wasm/exports.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { isFloat, replaceKernel } from './register.ts';
import { MAX_BLOCK_LENGTH, MIN_PARALLEL_LENGTH, TILE_BYTES } from './vector-jobs.ts';

/** The job of each function, by tfjs kernel name. */
const kinds: Readonly<Record<string, JobKind>> = {
  Sin: constants.JOB_SINE,
  Cos: constants.JOB_COSINE,
  Exp: constants.JOB_EXPONENTIAL,
  Tanh: constants.JOB_HYPERBOLIC_TANGENT,
  Sigmoid: constants.JOB_LOGISTIC,
  Softplus: constants.JOB_SOFTPLUS,
};

/** Applies a function to each element. */
const applyFunction = ({ arena, pool }: Kernels, kind: JobKind, x: Float32Array): Float32Array =>
  arena.scope(() => {
    const y = allocate(x.length);
    const length = Math.min(MAX_BLOCK_LENGTH, Math.ceil(x.length / 4) * 4);
    const [from, to, job] = [arena.take(4 * length), arena.take(4 * length), arena.take(recordBytes('ElementwiseJob'))];
    for (let start = 0; start < x.length; start += MAX_BLOCK_LENGTH) {
      const count = Math.min(MAX_BLOCK_LENGTH, x.length - start);
      arena.floats(from, count).set(x.subarray(start, start + count));
      const bytes = 16 * Math.ceil(count / 4);
      writeRecord(arena, 'ElementwiseJob', job, { x: from, y: to, bytes, tileBytes: TILE_BYTES });
      pool.run(kind, job, count < MIN_PARALLEL_LENGTH ? 1 : pool.count);
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
    return simd.makeTensorInfo(x.shape, 'float32', applyFunction(simd.kernels, kind, simd.valuesOf(x)));
  };

/** Registers these functions. */
export const registerFunctions = (): void => {
  for (const [name, kind] of Object.entries(kinds))
    replaceKernel(name, ({ inputs }) => isFloat((inputs as Single).x), functionKernel(kind));
};
