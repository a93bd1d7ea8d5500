/** @file The simd backend, for tests. */
import { backend as current, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { createSimdBackend, type KernelOptions, type SimdBackend } from '../src/index.ts';

/** The current backend, which must be `simd`. */
export const backend = (): SimdBackend => current() as SimdBackend;

/** Replaces the registered backend with one with other settings. Existing tensors are lost. */
export const useSimd = async (options: KernelOptions): Promise<SimdBackend> => {
  removeBackend('simd');
  registerBackend('simd', () => createSimdBackend(options), 2);
  await setBackend('simd');
  await ready();
  return backend();
};
