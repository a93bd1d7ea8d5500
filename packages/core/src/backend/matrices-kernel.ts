/** @file tfjs kernels on stacks of matrices, for backends that register them. */
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

/** A kernel with one input and one output of the same shape, f32[count, rows, columns]. */
export interface MatricesKernel {
  readonly kernelName: string;
  /** The name of the input, and with the kernel's name for errors. */
  readonly input: string;
  readonly title: string;
  readonly isSquare: boolean;
}

/** Registers a backend's kernel, whose input is validated before it runs. */
export const registerMatricesKernel = (
  { kernelName, input, title, isSquare }: MatricesKernel,
  backendName: string,
  kernelFunc: KernelFunc,
): void =>
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: args => {
      const matrices = args.inputs[input];
      const [count = 0, rows = 0, columns = 0] = matrices?.shape ?? [];
      assertTensor(`${title}: ${input}`, matrices, [count, rows, isSquare ? rows : columns]);
      return kernelFunc(args);
    },
  });

/** The result of the current backend's kernel; `undefined` where it has none. */
export const runMatricesKernel = (
  { kernelName, input }: MatricesKernel,
  matrices: Tensor3D,
  attributes: Readonly<Record<string, number>> = {},
): Tensor3D | undefined =>
  getKernel(kernelName, getBackend()) === undefined
    ? undefined
    : (engine().runKernel(kernelName, { [input]: matrices } as object as NamedTensorMap, {
        ...attributes,
      }) as object as Tensor3D);
