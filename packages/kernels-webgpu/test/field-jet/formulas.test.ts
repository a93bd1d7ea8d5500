/** @file Formulas of core and of users in the kernels. */
import '../setup/node.ts';
import { formulasContract } from '@neural-fields/kernel-contract';
import { onGpu } from '../setup/gpu.ts';

onGpu();
// The software adapter is slow to compile every network.
formulasContract({ backend: 'webgpu', exhaustive: false });
