/**
 * @file Importing this package registers the tfjs backend `native`, where there are native kernels; then `await
 *   setBackend('native')`. Elsewhere {@link nativeProblem} says why there are none.
 */
import { type FieldBackend, fieldBackend, registerFieldBackend } from '@neural-fields/core/kernels';
import '@neural-fields/kernels-wasm';
import { copyRegisteredKernels, registerBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, createNativeBackend, nativeInstructionSets, nativeProblem } from './backend.ts';

export {
  createNativeBackend,
  NativeBackend,
  type NativeOptions,
  nativeInstructionSets,
  nativeProblem,
} from './backend.ts';
export type { Precision } from './machine.ts';

/** Above `simd` (2), below those of GPUs. */
const PRIORITY = 3;

/**
 * Above `simd` (40), but where the processor has vectors of 128 bits alone: WebAssembly has these too, and is faster
 * with them.
 */
const RANK = nativeInstructionSets[0] === 'SSE2' ? 38 : 42;

if (nativeProblem === undefined) {
  copyRegisteredKernels('simd', BACKEND_NAME);
  registerFieldBackend({ ...(fieldBackend('simd') as FieldBackend), name: BACKEND_NAME, rank: RANK });
  registerBackend(BACKEND_NAME, () => createNativeBackend(), PRIORITY);
}
