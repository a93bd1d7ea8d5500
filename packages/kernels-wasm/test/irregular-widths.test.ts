/** @file Widths that no register or tile divides, as pruning leaves them. */
import { createField, parseSpec } from '@neural-fields/core';
import { expectParity } from '@neural-fields/kernel-contract';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, it } from 'vitest';
import '../src/index.ts';
import '@tensorflow/tfjs-backend-cpu';

beforeAll(() => setBackend('simd'));

it.each([
  { widths: [97, 131], points: 33 },
  { widths: [131, 61, 97], points: 17 },
  { widths: [7, 113], points: 1 },
])('the kernels agree with the composed implementation: %o', async ({ widths, points }) => {
  const layers = [...widths, 2].map((outFeatures, index) => ({
    kind: 'dense',
    outFeatures,
    activation: index === widths.length ? { kind: 'identity' } : { kind: 'sine', omega: 3 },
    weightInitialiser: { kind: 'xavier-normal' },
    biasInitialiser: { kind: 'pytorch-linear' },
  }));
  const field = createField(parseSpec({ inFeatures: 2, layers }), { seed: 3 });
  await expectParity({ backend: 'simd', field, points, request: { gradient: true, laplacian: true }, relative: 2e-5 });
});
