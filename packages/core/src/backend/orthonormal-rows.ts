/** @file Orthonormal bases of the rows of matrices as a tfjs kernel, for backends that register it. */
import type { KernelFunc, Tensor3D } from '@tensorflow/tfjs-core';
import { assertTensor } from './assert-inputs.ts';
import { type FusedKernel, registerFusedKernel, runFusedKernel } from './fused-kernel.ts';

const KERNEL: FusedKernel<Readonly<Record<never, never>>> = {
  kernelName: 'NeuralFieldsOrthonormalRows',
  assertInputs: ({ rows }) => {
    const [count = 0, size = 0] = rows?.shape ?? [];
    assertTensor('orthonormal rows: rows', rows, [count, size, size]);
  },
};

/**
 * Registers a backend's kernel: input `rows` f32[count, n, n], square matrices; output f32[count, n, n], for each
 * matrix orthonormal rows of which the first k span its first k rows, as by Gram and Schmidt. They are orthonormal also
 * where the matrix is singular. The input is validated before the kernel runs.
 */
export const registerOrthonormalRowsKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerFusedKernel(KERNEL, backendName, kernelFunc);

/** The bases computed by the current backend's kernel; `undefined` where it has none. */
export const fusedOrthonormalRows = (rows: Tensor3D): Tensor3D | undefined =>
  runFusedKernel(KERNEL, { rows }, {}) as Tensor3D | undefined;
