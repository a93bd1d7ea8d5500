/** @file The backend of the tests, in Node and in pages, and proof that the device had nothing to complain about. */
import '@tensorflow/tfjs-backend-cpu';
import { engine, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createWebgpuBackend, type FieldsWebgpuBackend, type WebgpuBackendOptions } from '../../src/index.ts';

/** The backend in use. */
export const backend = (): FieldsWebgpuBackend => engine().backend as FieldsWebgpuBackend;

/** Sets a new backend. */
export const useBackend = async (options: WebgpuBackendOptions = {}): Promise<FieldsWebgpuBackend> => {
  if (engine().registryFactory['webgpu'] !== undefined) removeBackend('webgpu');
  registerBackend('webgpu', () => createWebgpuBackend(options), 3);
  expect(await setBackend('webgpu')).toBe(true);
  await ready();
  return backend();
};

/** Every test of the file runs on the fused kernels, and fails when the device reports an error, e.g. of a shader or a binding. */
export const onGpu = (options: WebgpuBackendOptions = {}): void => {
  const errors: string[] = [];
  beforeAll(async () => {
    const { device } = await useBackend(options);
    device.addEventListener('uncapturederror', event => {
      errors.push(event.error.message);
    });
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
