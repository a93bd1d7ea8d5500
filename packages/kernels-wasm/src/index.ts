/** @file Importing this package registers the tfjs backend `simd`; then `await setBackend('simd')`. */
import '@tensorflow/tfjs-backend-cpu';
import { copyRegisteredKernels, registerBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, createSimdBackend } from './backend.ts';

import { registerAdam } from './kernels/adam.ts';
import { registerBinary } from './kernels/binary.ts';
import { registerConv2d } from './kernels/conv2d.ts';
import { registerDataMovement } from './kernels/data-movement.ts';
import { registerFunctions } from './kernels/functions.ts';
import { registerMatMul } from './kernels/mat-mul.ts';
import { registerMuon } from './kernels/muon.ts';
import { registerOrthonormalRows } from './kernels/orthonormal-rows.ts';
import { registerReductions } from './kernels/reductions.ts';
import { registerSoap } from './kernels/soap.ts';
import { registerUnary } from './kernels/unary.ts';
import { registerFields } from './program/register.ts';

export { createSimdBackend, SimdBackend } from './backend.ts';
export type { KernelOptions } from './load-kernels.ts';
export { KernelThreadError } from './threads/pool.ts';
export { KernelMemoryError } from './wasm/memory.ts';

/** As tfjs's wasm backend; above cpu (1), below the GPU backends (3). */
const PRIORITY = 2;

copyRegisteredKernels('cpu', BACKEND_NAME);
registerMatMul();
registerConv2d();
registerBinary();
registerUnary();
registerFunctions();
registerDataMovement();
registerReductions();
registerAdam();
registerMuon();
registerOrthonormalRows();
registerSoap();
registerFields();
registerBackend(BACKEND_NAME, () => createSimdBackend(), PRIORITY);
