/** @file Creating devices, and the errors where that is impossible. */

import { expect, it } from 'vitest';
import { create, globals } from 'webgpu';
import { createDevice, isSoftware } from '../../src/device/create-device.ts';
import { DeviceFeatureError, WebgpuUnavailableError } from '../../src/device/errors.ts';
import { createWebgpuBackend } from '../../src/index.ts';
import { installDawn } from '../../src/node.ts';

it('throws where the platform has no WebGPU', async () => {
  await expect(createDevice()).rejects.toThrow(WebgpuUnavailableError);
  await expect(createDevice()).rejects.toThrow(
    "webgpu: this platform must have navigator.gpu; browsers have it on https and localhost, Node from the package 'webgpu'",
  );
});

it('throws where there is no adapter', async () => {
  installDawn({ create, globals }, ['adapter=of no such name']);
  await expect(createDevice()).rejects.toThrow(WebgpuUnavailableError);
  await expect(createDevice()).rejects.toThrow('webgpu: there must be a graphics adapter, got none');
});

it('has the limits of the adapter', async () => {
  installDawn({ create, globals });
  const adapter = (await navigator.gpu.requestAdapter()) as GPUAdapter;
  const { device, info } = await createDevice({ powerPreference: 'low-power' });
  expect(device.limits.maxStorageBufferBindingSize).toBe(adapter.limits.maxStorageBufferBindingSize);
  expect(device.limits.maxStorageBufferBindingSize).toBeGreaterThan(2 ** 27);
  expect(isSoftware(info)).toBe(true);
  device.destroy();
});

it('has half precision only on request, and throws where the adapter lacks it', async context => {
  installDawn({ create, globals });
  const adapter = (await navigator.gpu.requestAdapter()) as GPUAdapter;
  const { device } = await createDevice();
  expect(device.features.has('shader-f16')).toBe(false);
  device.destroy();
  if (adapter.features.has('shader-f16')) context.skip('this adapter has shader-f16, so nothing can be missing');
  await expect(createWebgpuBackend({ halfPrecision: true })).rejects.toThrow(DeviceFeatureError);
  await expect(createWebgpuBackend({ halfPrecision: true })).rejects.toThrow(
    /^webgpu: halfPrecision needs an adapter with the feature shader-f16, got '.*SwiftShader.*' without it$/,
  );
});

it.each([0, 1.5, Number.NaN, -1])('rejects a limit of %s parts in flight', async maxInFlight => {
  await expect(createWebgpuBackend({ maxInFlight })).rejects.toThrow(
    new RangeError(`createWebgpuBackend: maxInFlight must be a positive integer or Infinity, got ${maxInFlight}`),
  );
});

it.each([0, Number.NaN, -1])('rejects batches of %s bytes', async batchBytes => {
  await expect(createWebgpuBackend({ batchBytes })).rejects.toThrow(
    new RangeError(`createWebgpuBackend: batchBytes must be a positive number, got ${batchBytes}`),
  );
});

it('recognises software adapters', () => {
  expect(isSoftware({ vendor: 'mesa', architecture: '', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe(true);
  expect(isSoftware({ vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' })).toBe(false);
});
