/** @file The backend in tests. */
import { backend as current, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { createSimdBackend, type KernelOptions, type SimdBackend } from '../src/index.ts';

/** The present backend, which is this package's. */
export const backend = (): SimdBackend => current() as SimdBackend;

/** Replaces the registered backend by one with other settings. Its tensors are lost. */
export const useSimd = async (options: KernelOptions): Promise<SimdBackend> => {
  removeBackend('simd');
  registerBackend('simd', () => createSimdBackend(options), 2);
  await setBackend('simd');
  await ready();
  return backend();
};
