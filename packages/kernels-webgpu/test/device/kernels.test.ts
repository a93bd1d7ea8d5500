/** @file Faults of the device, which WebGPU reports asynchronously. */
import '../setup/node.ts';
import { createField, siren } from '@neural-fields/core';
import { removeBackend, tensor2d } from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { kernelsOf } from '../../src/device/kernels.ts';
import { DeviceFaultError } from '../../src/index.ts';
import { shader } from '../../src/wgsl/shader.ts';
import { useBackend } from '../setup/gpu.ts';

afterAll(() => removeBackend('webgpu'));

it('a fault of the device makes the next read fail, and only that', async () => {
  const { device } = await useBackend();
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
  const coords = tensor2d([[0.1, 0.2]]);
  // Browsers report a fault slightly later than Dawn in Node does.
  const read = async (): Promise<unknown> => field.evaluate(coords).data();
  const before = await read();
  device.createBuffer({ label: 'wrong', size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE });
  await expect(read()).rejects.toThrow(DeviceFaultError);
  expect(await read()).toEqual(before);
});

it('reports an error in a shader', async () => {
  const backend = await useBackend();
  const kernels = kernelsOf(backend);
  kernels.pipelines.get(
    shader({ label: 'wrong', sizes: ['count'], storage: [], workgroup: [1, 1], body: 'let a: f32 = true;' }),
  );
  await backend.queue.onSubmittedWorkDone();
  expect(() => kernels.assertHealthy()).toThrow(/webgpu: the device reported a fault \(validation\)/);
  expect(() => kernels.assertHealthy()).not.toThrow();
});
