/** @file Trains models of all kinds. */
import './setup/node.ts';
import { modelsContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import { onGpu } from './setup/gpu.ts';

describe('models', () => {
  onGpu();
  modelsContract({ backend: 'webgpu', manyFields: 5 });
});
