/** @file The backend of the tests, in Node and in pages; tests fail if the device reports errors. */
import '@tensorflow/tfjs-backend-cpu';
import { engine, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createWebgpuBackend, type FieldsWebgpuBackend, type WebgpuBackendOptions } from '../../src/index.ts';

/** The current backend. */
export const backend = (): FieldsWebgpuBackend => engine().backend as FieldsWebgpuBackend;

/** Errors reported by devices. */
const errors: string[] = [];

/** Registers a new backend and makes it current. */
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
 * Runs every test of the file on the fused kernels, and makes it fail if the device reports an error, e.g. in a shader
 * or a binding.
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
