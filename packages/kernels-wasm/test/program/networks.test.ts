/** @file Networks of all kinds of operations. */
import { networksContract } from '@neural-fields/kernel-contract';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach, describe } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('networks in kernels', () =>
  networksContract({
    backend: 'simd',
    fuses: ['linear', 'elementwise', 'concat', 'sum', 'product', 'columns', 'constant', 'grid'],
    exhaustive: true,
  }));
