/** @file The Newton-Schulz iteration of Muon as a tfjs kernel, for backends that register it. */
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

const KERNEL = 'NeuralFieldsNewtonSchulz';

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
  registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: args => {
      const { matrices } = args.inputs;
      const [count = 0, rows = 0, columns = 0] = matrices?.shape ?? [];
      assertTensor('Newton-Schulz: matrices', matrices, [count, rows, columns]);
      return kernelFunc(args);
    },
  });

/** The matrices iterated by the current backend's kernel; `undefined` where it has none. */
export const fusedNewtonSchulz = (matrices: Tensor3D, iteration: NewtonSchulz): Tensor3D | undefined =>
  getKernel(KERNEL, getBackend()) === undefined
    ? undefined
    : (engine().runKernel(KERNEL, { matrices } as object as NamedTensorMap, { ...iteration }) as object as Tensor3D);
