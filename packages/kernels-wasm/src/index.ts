/** @file Importing this package registers the tfjs backend `simd`; then `await setBackend('simd')`. */
import '@tensorflow/tfjs-backend-cpu';
import { copyRegisteredKernels, registerBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, SimdBackend } from './backend.ts';
import { registerFieldJet } from './field-jet/register.ts';
import { registerAdam } from './kernels/adam.ts';
import { registerElementwise } from './kernels/elementwise.ts';
import { registerMatMul } from './kernels/mat-mul.ts';
import { registerSum } from './kernels/sum.ts';
import { loadKernels } from './wasm/kernels.ts';

export { SimdBackend } from './backend.ts';
export { KernelThreadError } from './threads/pool.ts';
export { KernelMemoryError } from './wasm/memory.ts';

/** Above tfjs's own cpu and wasm backends (1 and 2), below those of GPUs. */
const PRIORITY = 2;

copyRegisteredKernels('cpu', BACKEND_NAME);
registerMatMul();
registerElementwise();
registerSum();
registerAdam();
registerFieldJet();
registerBackend(BACKEND_NAME, async () => new SimdBackend(await loadKernels()), PRIORITY);
