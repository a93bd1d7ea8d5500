/** @file Losses computed inside the kernels: the contract of all kernels, and batches. */
import { createField, siren } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { expectLossParity, fieldLossContract } from '@neural-fields/kernel-contract';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

/** All tests of the fused loss. */
export const lossSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  // The software adapter is slow to compile every network.
  fieldLossContract({ backend: 'webgpu', exhaustive: false });

  it('takes more points than a batch', async () => {
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
