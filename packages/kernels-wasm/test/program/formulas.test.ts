/** @file Activations and penalties evaluated by formulas. */
import { formulasContract } from '@neural-fields/kernel-contract';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach, describe } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('the formulas', () => formulasContract({ backend: 'simd', exhaustive: true }));
