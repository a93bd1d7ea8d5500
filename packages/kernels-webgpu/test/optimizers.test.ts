/** @file Trains with every optimizer. */
import './setup/node.ts';
import { optimizersContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import { onGpu } from './setup/gpu.ts';

describe('optimizers', () => {
  onGpu();
  optimizersContract({ backend: 'webgpu', steps: 2 });
});
