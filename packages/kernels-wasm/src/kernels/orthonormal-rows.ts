import { registerOrthonormalRowsKernel } from '@neural-fields/core/kernels';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { constants } from '../generated/records.ts';
import type { Kernels } from '../load-kernels.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { MAX_BLOCK_LENGTH, MIN_PARALLEL_LENGTH } from './vector-jobs.ts';

/** Factorises matrices `[count, size, size]`, a block of them at a time, on all threads. */
const factorise = ({ arena, pool }: Kernels, matrices: Float32Array, count: number, size: number): Float32Array =>
  arena.scope(() => {
    const result = allocate(matrices.length);
    const stride = 4 * Math.ceil(size / 4);
    const block = Math.max(pool.count, Math.min(count, Math.floor(MAX_BLOCK_LENGTH / (size * stride))));
    const [rows, bases] = [arena.take(4 * block * size * stride), arena.take(4 * block * size * stride)];
    const factors = arena.take(4 * block * size);
    const job = arena.take(recordBytes('OrthonormalRowsJob'));
    for (let first = 0; first < count; first += block) {
      const own = Math.min(block, count - first);
      const length = own * size * stride;
      const source = arena.floats(rows, length).fill(0);
      for (let row = 0; row < own * size; row++) {
        const from = (first * size + row) * size;
        source.set(matrices.subarray(from, from + size), row * stride);
      }
      arena.floats(bases, length).fill(0);
      writeRecord(arena, 'OrthonormalRowsJob', job, { rows, bases, factors, count: own, size, stride });
      pool.run(constants.JOB_ORTHONORMAL_ROWS, job, length < MIN_PARALLEL_LENGTH ? 1 : pool.count);
      const found = arena.floats(bases, length);
      for (let row = 0; row < own * size; row++)
        result.set(found.subarray(row * stride, row * stride + size), (first * size + row) * size);
    }
    return result;
  });

const orthonormalRows: KernelFunc = ({ inputs, backend }) => {
  const simd = backend as SimdBackend;
  const { rows } = inputs as NamedTensorInfoMap & { readonly rows: TensorInfo };
  const [count, size] = rows.shape as [number, number];
  return simd.makeTensorInfo(rows.shape, 'float32', factorise(simd.kernels, simd.valuesOf(rows), count, size));
};

/** Registers the orthonormal bases of SOAP. */
export const registerOrthonormalRows = (): void => registerOrthonormalRowsKernel(BACKEND_NAME, orthonormalRows);
