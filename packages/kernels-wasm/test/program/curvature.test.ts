/** @file Products with second derivatives in the parameters. */
import { curvatureContract } from '@neural-fields/kernel-contract';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach, describe } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('curvature in kernels', () => curvatureContract({ backend: 'simd', exhaustive: true }));
