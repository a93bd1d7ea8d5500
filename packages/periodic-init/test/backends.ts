/** @file The contract of the periodic layer on backends with kernels: the same as in ordinary ops, all in kernels. */
import { createField } from '@neural-fields/core';
import { expectParity } from '@neural-fields/kernel-contract';
import { setBackend } from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { periodicExtensions, tuner } from '../src/index.ts';

const size = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 24, maxFrequency: 20 };

/** @param backend must be registered already, and `cpu` too */
export const periodicLayerContract = (backend: string): void => {
  describe(`tuner on ${backend}`, () => {
    it.each([false, true])('runs in kernels, as in ordinary ops; trained frequencies: %s', async trainable => {
      await setBackend('cpu');
      const spec = tuner({ ...size, trainableFrequencies: trainable });
      const field = createField(spec, { seed: 3, extensions: periodicExtensions });
      await expectParity({ backend, field, points: 37, request: { gradient: true, laplacian: true } });
      field.dispose();
    });
  });
};
