import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';

/** Whether the kernels of this package support a tensor's data type. */
export const isFloat = ({ dtype }: TensorInfo): boolean => dtype === 'float32';

/** The number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Whether `axes` are distinct axes of a tensor of rank `rank`. */
export const areAxes = (axes: readonly number[], rank: number): boolean =>
  axes.every(axis => Number.isInteger(axis) && axis >= 0 && axis < rank) && new Set(axes).size === axes.length;

/** Whether all values are non-negative integers. */
export const areCounts = (values: readonly (number | undefined)[]): boolean =>
  values.every(count => Number.isSafeInteger(count) && (count as number) >= 0);

/**
 * @param what names the kernel and its input
 * @throws RangeError when a tensor has not the shape that the kernel will read
 */
export const assertShape = (what: string, { shape }: TensorInfo, wanted: readonly number[]): void => {
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${what} must be [${wanted.join(', ')}], got [${shape.join(', ')}]`);
};

/**
 * Replaces a kernel that was copied from the cpu backend, which still handles the arguments that `takes` rejects.
 */
export const replaceKernel = (
  kernelName: string,
  takes: (args: Parameters<KernelFunc>[0]) => boolean,
  kernelFunc: KernelFunc,
): void => {
  const { kernelFunc: original } = getKernel(kernelName, 'cpu') as KernelConfig;
  unregisterKernel(kernelName, BACKEND_NAME);
  registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: args => (takes(args) ? kernelFunc(args) : original(args)),
  });
};
