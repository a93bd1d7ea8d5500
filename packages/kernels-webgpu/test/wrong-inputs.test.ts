import './setup/node.ts';
import { wrongInputsContract } from '@neural-fields/kernel-contract';
import { onGpu } from './setup/gpu.ts';

onGpu();
wrongInputsContract();
