import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';

/** Whether a tensor is what the kernels of this package take. */
export const isFloat = ({ dtype }: TensorInfo): boolean => dtype === 'float32';

/** How many numbers a tensor of a shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Replaces a kernel that was copied from the cpu backend. What `takes` declines goes to the cpu backend's as before. */
export const replaceKernel = (
  kernelName: string,
  takes: (args: Parameters<KernelFunc>[0]) => boolean,
  kernelFunc: KernelFunc,
): void => {
  const { kernelFunc: ordinary } = getKernel(kernelName, 'cpu') as KernelConfig;
  unregisterKernel(kernelName, BACKEND_NAME);
  registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: args => (takes(args) ? kernelFunc(args) : ordinary(args)),
  });
};
