/**
 * @file Importing this package registers the tfjs backend `native`, where there are native kernels; then `await setBackend('native')`. Elsewhere {@link nativeProblem} says why there
 * are none.
 */
import { type FieldBackend, fieldBackend, registerFieldBackend } from '@neural-fields/core/kernels';
import '@neural-fields/kernels-wasm';
import { copyRegisteredKernels, registerBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, createNativeBackend, nativeProblem } from './backend.ts';

export { createNativeBackend, NativeBackend, type NativeOptions, nativeInstructionSets, nativeProblem } from './backend.ts';

/** Above `simd` (2), below those of GPUs. */
const PRIORITY = 3;

if (nativeProblem === undefined) {
  copyRegisteredKernels('simd', BACKEND_NAME);
  registerFieldBackend({ ...(fieldBackend('simd') as FieldBackend), name: BACKEND_NAME, rank: 42 });
  registerBackend(BACKEND_NAME, () => createNativeBackend(), PRIORITY);
}
