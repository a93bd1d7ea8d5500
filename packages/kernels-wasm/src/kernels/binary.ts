/** @file Elementwise kernels of two arguments, with broadcasting, in JavaScript: they are bound by memory bandwidth. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { applyBroadcast, broadcasts, planBroadcast, type Run } from './broadcast.ts';
import { isFloat, replaceKernel } from './register.ts';

// Each operation has its own loop: if it were an argument, the engine would call a function for each element.
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
  // Squares are the common case, in norms.
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
    return simd.makeTensorInfo(plan.shape, 'float32', applyBroadcast(run, simd.valuesOf(a), simd.valuesOf(b), plan));
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
  // Shapes that do not broadcast are left to the cpu backend, which throws.
  const takes = ({ a, b }: Pair): boolean => isFloat(a) && isFloat(b) && broadcasts(a.shape, b.shape);
  for (const [name, run] of Object.entries(runs))
    replaceKernel(name, ({ inputs }) => takes(inputs as Pair), binary(run));
};
