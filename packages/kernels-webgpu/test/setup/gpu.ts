/** @file The backend of the tests, in Node and in pages, and proof that the device had nothing to complain about. */
import '@tensorflow/tfjs-backend-cpu';
import { engine, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createWebgpuBackend, type FieldsWebgpuBackend, type WebgpuBackendOptions } from '../../src/index.ts';

/** The backend in use. */
export const backend = (): FieldsWebgpuBackend => engine().backend as FieldsWebgpuBackend;

/** What devices reported beside the results. */
const errors: string[] = [];

/** Sets a new backend. */
export const useBackend = async (options: WebgpuBackendOptions = {}): Promise<FieldsWebgpuBackend> => {
  if (engine().registryFactory['webgpu'] !== undefined) removeBackend('webgpu');
  registerBackend('webgpu', () => createWebgpuBackend(options), 3);
  expect(await setBackend('webgpu')).toBe(true);
  await ready();
  backend().device.addEventListener('uncapturederror', ({ error }) => {
    errors.push(error.message);
  });
  return backend();
};

/**
 * Every test of the file runs on the fused kernels, and fails when the device reports an error, e.g. of a shader or a
 * binding.
 */
export const onGpu = (options: WebgpuBackendOptions = {}): void => {
  beforeAll(async () => {
    await useBackend(options);
  });
  beforeEach(async () => {
    await setBackend('webgpu');
  });
  afterEach(async () => {
    await setBackend('webgpu');
    backend().endComputePassEncoder();
    await backend().queue.onSubmittedWorkDone();
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(() => {
    removeBackend('webgpu');
    registerBackend('webgpu', () => createWebgpuBackend(), 3);
  });
};
