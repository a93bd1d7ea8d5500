/** @file Orthonormal bases of the rows of matrices as a tfjs kernel, for backends that register it. */
import {
  engine,
  getBackend,
  getKernel,
  type KernelFunc,
  type NamedTensorMap,
  registerKernel,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { assertTensor } from './assert-inputs.ts';

const KERNEL = 'NeuralFieldsOrthonormalRows';

/**
 * Registers a backend's kernel: input `rows` f32[count, n, n], square matrices; output f32[count, n, n], for each
 * matrix orthonormal rows of which the first k span its first k rows, as by Gram and Schmidt. They are orthonormal also
 * where the matrix is singular. The input is validated before the kernel runs.
 */
export const registerOrthonormalRowsKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: args => {
      const { rows } = args.inputs;
      const [count = 0, size = 0] = rows?.shape ?? [];
      assertTensor('orthonormal rows: rows', rows, [count, size, size]);
      return kernelFunc(args);
    },
  });

/** The bases computed by the current backend's kernel; `undefined` where it has none. */
export const fusedOrthonormalRows = (rows: Tensor3D): Tensor3D | undefined =>
  getKernel(KERNEL, getBackend()) === undefined
    ? undefined
    : (engine().runKernel(KERNEL, { rows } as object as NamedTensorMap) as object as Tensor3D);
