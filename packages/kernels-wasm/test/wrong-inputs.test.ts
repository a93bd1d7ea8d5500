import { wrongInputsContract } from '@neural-fields/kernel-contract';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach } from 'vitest';
import '../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

wrongInputsContract();
