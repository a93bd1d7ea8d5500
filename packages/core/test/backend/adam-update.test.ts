import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  add,
  copyRegisteredKernels,
  type KernelFunc,
  registerBackend,
  removeBackend,
  setBackend,
  type Tensor1D,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adam } from '../../src/index.ts';
import { type AdamUpdate, registerAdamKernel } from '../../src/kernels.ts';

const BACKEND = 'own-adam';
const updates: AdamUpdate[] = [];

beforeAll(async () => {
  registerBackend(BACKEND, () => new MathBackendCPU());
  copyRegisteredKernels('cpu', BACKEND);
  // Recognisable results, not those of Adam: the test is that core uses them.
  const update: KernelFunc = ({ inputs, attrs }) => {
    const { parameters, gradient, first, second } = inputs as object as Readonly<Record<string, Tensor1D>>;
    updates.push(attrs as object as AdamUpdate);
    return [add(parameters as Tensor1D, 100), add(first as Tensor1D, gradient as Tensor1D), add(second as Tensor1D, 7)];
  };
  registerAdamKernel(BACKEND, update);
  await setBackend(BACKEND);
});
afterAll(() => removeBackend(BACKEND));

it('gets the vectors and the bias-corrected step', async () => {
  const { parameters, state } = adam({ beta1: 0.5, beta2: 0.75, weightDecay: 0.1 }).update({
    parameters: tensor1d([1, 2]),
    gradient: tensor1d([3, 4]),
    state: [tensor1d([5, 6]), tensor1d([7, 8])],
    step: 2,
    learningRate: 0.3,
  });
  expect(Array.from(await parameters.data())).toEqual([101, 102]);
  expect(await Promise.all(state.map(async vector => Array.from(await vector.data())))).toEqual([
    [8, 10],
    [14, 15],
  ]);
  expect(updates).toEqual([
    {
      beta1: 0.5,
      beta2: 0.75,
      epsilon: 1e-8,
      weightDecay: 0.1,
      stepSize: 0.3 / 0.75,
      secondCorrection: 1 / Math.sqrt(1 - 0.75 ** 2),
      parameterScale: 1,
      lazy: false,
    },
  ]);
});
