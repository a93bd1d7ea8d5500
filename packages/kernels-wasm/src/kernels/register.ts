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

/** Whether `axes` are different axes of a tensor of so many. */
export const areAxes = (axes: readonly number[], rank: number): boolean =>
  axes.every(axis => Number.isInteger(axis) && axis >= 0 && axis < rank) && new Set(axes).size === axes.length;

/** Whether these are all counts. */
export const areCounts = (numbers: readonly (number | undefined)[]): boolean =>
  numbers.every(count => Number.isSafeInteger(count) && (count as number) >= 0);

/**
 * @param what names the kernel and its input
 * @throws RangeError when a tensor has another shape than the kernel will read
 */
export const assertShape = (what: string, { shape }: TensorInfo, wanted: readonly number[]): void => {
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${what} must be [${wanted.join(', ')}], got [${shape.join(', ')}]`);
};

/**
 * Replaces a kernel that was copied from the cpu backend. What `takes` declines goes to the cpu backend's as before.
 */
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
