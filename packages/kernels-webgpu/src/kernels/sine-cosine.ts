/**
 * @file Sine and cosine of tensors, for unfused operations: tfjs's own use WGSL's, which guarantee only an error of
 *   2^-11.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelFunc, registerKernel, type TensorInfo, unregisterKernel } from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';
import { type FieldKernels, kernelsOf } from '../device/kernels.ts';
import { linearGroups } from '../device/plan.ts';
import { sineAndCosine } from '../wgsl/elementary.ts';
import { ELEMENTWISE_THREADS, elementwise } from '../wgsl/elementwise.ts';
import type { Shader } from '../wgsl/shader.ts';

/** Runs a shader of `elementwise.ts` on a tensor of floats. */
export const mapTensor = (kernels: FieldKernels, shader: Shader, source: TensorInfo): TensorInfo => {
  const count = source.shape.reduce((product, length) => product * length, 1);
  const result = kernels.makeTensor([...source.shape]);
  if (count === 0) return result;
  const { groups, columns } = linearGroups(Math.ceil(count / 4), ELEMENTWISE_THREADS);
  kernels.recordOnTensors({ shader, sizes: { count, columns }, groups }, { source, result });
  return result;
};

const register = (kernelName: string, part: 'sine' | 'cosine'): void => {
  const shader = elementwise(part, `sineAndCosine(x).${part}`, [sineAndCosine]);
  const kernelFunc: KernelFunc = ({ inputs, backend }) =>
    mapTensor(kernelsOf(backend as WebGPUBackend), shader, inputs['x'] as TensorInfo);
  if (getKernel(kernelName, BACKEND_NAME)) unregisterKernel(kernelName, BACKEND_NAME);
  registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc });
};

/** Replaces tfjs's sine and cosine. */
export const registerSineCosine = (): void => {
  register('Sin', 'sine');
  register('Cos', 'cosine');
};
