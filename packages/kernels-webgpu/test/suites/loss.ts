/** @file The loss inside the kernels: the contract of all kernels, and batches. */
import { createField, siren } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { expectLossParity, fieldLossContract } from '@neural-fields/kernel-contract';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

/** Everything that the fused loss must do. */
export const lossSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  // Every network takes the emulator long to compile.
  fieldLossContract({ backend: 'webgpu', exhaustive: false });

  it('spans several batches of the kernel', async () => {
    const { counters } = await useBackend({ ...options, batchBytes: 2 ** 16 });
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 5 };
    await expectLossParity('webgpu', {
      field: () => createField(siren(size), { seed: 2 }),
      points: 901,
      derivatives: {},
      loss: { errors: [{ of: 'value', target: 'value' }], penalty: squared, weight: 'w' },
    });
    // Pack, 2 layers, loss, 2 weight gradients, 1 product back, 2 sums.
    expect(backend().counters.dispatches - counters.dispatches).toBe(3 * 9);
    await useBackend(options);
  });
};
