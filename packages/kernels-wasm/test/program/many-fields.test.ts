/** @file Many fields at once. */
import { manyFieldsContract } from '@neural-fields/kernel-contract';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach, describe } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('many fields at once', () => manyFieldsContract({ backend: 'simd', together: false, exhaustive: true }));
