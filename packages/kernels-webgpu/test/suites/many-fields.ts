/** @file Many fields at once: the contract of all kernels, and what these promise beyond it. */
import { manyFieldsContract } from '@neural-fields/kernel-contract';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { onGpu } from '../setup/gpu.ts';

/** Everything that many fields must do. */
export const manyFieldsSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  // Every network takes the emulator long to compile.
  manyFieldsContract({ backend: 'webgpu', together: true, exhaustive: false });
};
