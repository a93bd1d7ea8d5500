/** @file The Newton-Schulz iteration of Muon as a tfjs kernel, for backends that register it. */
import type { KernelFunc, Tensor3D } from '@tensorflow/tfjs-core';
import { type MatricesKernel, registerMatricesKernel, runMatricesKernel } from './matrices-kernel.ts';

const KERNEL: MatricesKernel = {
  kernelName: 'NeuralFieldsNewtonSchulz',
  input: 'matrices',
  title: 'Newton-Schulz',
  isSquare: false,
};

/** The iteration `Y = (outer I + D (inner I + D)) Y` with `D = Y Y'`. */
export interface NewtonSchulz {
  readonly inner: number;
  readonly outer: number;
  readonly iterations: number;
}

/**
 * Registers a backend's kernel: input `matrices` f32[count, rows, columns] with attributes {@link NewtonSchulz}; output
 * the iterated matrices, of the same shape. `D` may be of either side: `Y (outer I + E (inner I + E))` with `E = Y' Y`
 * is the same. The input is validated before the kernel runs.
 */
export const registerNewtonSchulzKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerMatricesKernel(KERNEL, backendName, kernelFunc);

/** The matrices iterated by the current backend's kernel; `undefined` where it has none. */
export const fusedNewtonSchulz = (matrices: Tensor3D, iteration: NewtonSchulz): Tensor3D | undefined =>
  runMatricesKernel(KERNEL, matrices, { ...iteration });
