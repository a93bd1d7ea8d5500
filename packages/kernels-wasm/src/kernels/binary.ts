/** @file Elementwise kernels of two arguments, with broadcasting: JavaScript does them as fast as memory allows. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { applyBroadcast, broadcasts, planBroadcast, type Run } from './broadcast.ts';
import { isFloat, replaceKernel } from './register.ts';

// Each has a loop of its own: with the operation as an argument, the engine would call it for each element.
const add: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++) y[start + i] = (a[startA + i * stepA] as number) + (b[startB + i * stepB] as number);
};

const subtract: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++) y[start + i] = (a[startA + i * stepA] as number) - (b[startB + i * stepB] as number);
};

const multiply: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++) y[start + i] = (a[startA + i * stepA] as number) * (b[startB + i * stepB] as number);
};

const divide: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++) y[start + i] = (a[startA + i * stepA] as number) / (b[startB + i * stepB] as number);
};

const maximum: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++)
    y[start + i] = Math.max(a[startA + i * stepA] as number, b[startB + i * stepB] as number);
};

const minimum: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++)
    y[start + i] = Math.min(a[startA + i * stepA] as number, b[startB + i * stepB] as number);
};

const squaredDifference: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  for (let i = 0; i < count; i++) {
    const difference = (a[startA + i * stepA] as number) - (b[startB + i * stepB] as number);
    y[start + i] = difference * difference;
  }
};

const power: Run = (a, startA, stepA, b, startB, stepB, y, start, count) => {
  // Norms are made of squares.
  if (stepB === 0 && b[startB] === 2) multiply(a, startA, stepA, a, startA, stepA, y, start, count);
  else
    for (let i = 0; i < count; i++)
      y[start + i] = (a[startA + i * stepA] as number) ** (b[startB + i * stepB] as number);
};

type Pair = NamedTensorInfoMap & { readonly a: TensorInfo; readonly b: TensorInfo };

const binary =
  (run: Run): KernelFunc =>
  ({ inputs, backend }) => {
    const { a, b } = inputs as Pair;
    const simd = backend as SimdBackend;
    const plan = planBroadcast(a.shape, b.shape);
    return simd.makeTensorInfo(plan.shape, 'float32', applyBroadcast(run, simd.numbers(a), simd.numbers(b), plan));
  };

/** Registers the elementwise kernels of two arguments. */
export const registerBinary = (): void => {
  const runs = {
    Add: add,
    Sub: subtract,
    Multiply: multiply,
    RealDiv: divide,
    Maximum: maximum,
    Minimum: minimum,
    SquaredDifference: squaredDifference,
    Pow: power,
  };
  // Shapes that do not broadcast are an error of the cpu backend.
  const takes = ({ a, b }: Pair): boolean => isFloat(a) && isFloat(b) && broadcasts(a.shape, b.shape);
  for (const [name, run] of Object.entries(runs))
    replaceKernel(name, ({ inputs }) => takes(inputs as Pair), binary(run));
};
