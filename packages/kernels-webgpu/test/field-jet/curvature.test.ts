/** @file Products with second derivatives in the parameters, in Node. */
import '../setup/node.ts';
import { curvatureContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import { onGpu } from '../setup/gpu.ts';

describe('curvature in shaders', () => {
  onGpu();
  // The software adapter is slow to compile every network.
  curvatureContract({ backend: 'webgpu', exhaustive: false });
});
