/** @file Formulas of core and of users in the kernels. */
import '../setup/node.ts';
import { formulasContract } from '@neural-fields/kernel-contract';
import { onGpu } from '../setup/gpu.ts';

onGpu();
formulasContract({ backend: 'webgpu' });
