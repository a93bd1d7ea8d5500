import { type AdamUpdate, registerAdamKernel } from '@neural-fields/core/kernels';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { constants } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { MAX_BLOCK_LENGTH, MIN_PARALLEL_LENGTH, TILE_BYTES } from './vector-jobs.ts';

type Inputs = NamedTensorInfoMap & {
  readonly parameters: TensorInfo;
  readonly gradient: TensorInfo;
  readonly first: TensorInfo;
  readonly second: TensorInfo;
};

/** Computes the next parameters, m and v, on all threads. */
const update = (
  { arena, pool }: Machine,
  vectors: readonly Float32Array[],
  { beta1, beta2, epsilon, weightDecay, stepSize, secondCorrection, parameterScale, lazy }: AdamUpdate,
): Float32Array[] =>
  arena.scope(() => {
    const total = (vectors[0] as Float32Array).length;
    const next = [allocate(total), allocate(total), allocate(total)] as const;
    // A multiple of the vector width of any machine.
    const length = 16 * Math.ceil(Math.min(MAX_BLOCK_LENGTH, total) / 16);
    const [parameters, gradient, first, second] = vectors.map(() => arena.take(4 * length)) as [
      number,
      number,
      number,
      number,
    ];
    const job = arena.take(recordBytes('AdamJob'));
    const settings = {
      beta1,
      beta2,
      oneMinusBeta1: 1 - beta1,
      oneMinusBeta2: 1 - beta2,
      epsilon,
      weightDecay,
      stepSize,
      secondCorrection,
      parameterScale,
      lazy: Number(lazy),
    };
    for (let start = 0; start < total; start += MAX_BLOCK_LENGTH) {
      const count = Math.min(MAX_BLOCK_LENGTH, total - start);
      const addresses = {
        parameters,
        gradient,
        first,
        second,
        bytes: 16 * Math.ceil(count / 4),
        tileBytes: TILE_BYTES,
      };
      writeRecord(arena, 'AdamJob', job, { ...addresses, ...settings });
      for (const [index, address] of [parameters, gradient, first, second].entries())
        arena.floats(address, count).set((vectors[index] as Float32Array).subarray(start, start + count));
      pool.run(constants.JOB_ADAM, job, count < MIN_PARALLEL_LENGTH ? 1 : pool.count);
      for (const [index, address] of [parameters, first, second].entries())
        next[index]?.set(arena.floats(address, count), start);
    }
    return [...next];
  });

const adamUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const { parameters, gradient, first, second } = inputs as Inputs;
  const vectors = [parameters, gradient, first, second].map(input => simd.valuesOf(input));
  return update(simd.machine, vectors, attrs as object as AdamUpdate).map(values =>
    simd.makeTensorInfo([values.length], 'float32', values),
  );
};

/** Registers the Adam update. */
export const registerAdam = (): void => registerAdamKernel(BACKEND_NAME, adamUpdate);
