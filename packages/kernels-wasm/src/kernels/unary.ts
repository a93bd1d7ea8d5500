/**
 * @file Elementwise kernels of one argument, and the sum of several tensors, in JavaScript: they are bound by memory
 *   bandwidth.
 */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { allocate } from '../wasm/memory.ts';
import { assertShape, isFloat, replaceKernel } from './register.ts';

interface Attributes {
  /** For `Step`: its value for x <= 0. */
  readonly alpha: number;
  /** For `ClipByValue`. */
  readonly clipValueMin: number;
  readonly clipValueMax: number;
}

/** Writes a function of each element of x to y. */
type Loop = (x: Float32Array, y: Float32Array, attributes: Attributes) => void;

// Each operation has its own loop: if it were an argument, the engine would call a function for each element.
const loops: Readonly<Record<string, Loop>> = {
  Square: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = (x[i] as number) * (x[i] as number);
  },
  Neg: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = -(x[i] as number);
  },
  Abs: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = Math.abs(x[i] as number);
  },
  Sqrt: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = Math.sqrt(x[i] as number);
  },
  Rsqrt: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = 1 / Math.sqrt(x[i] as number);
  },
  Reciprocal: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = 1 / (x[i] as number);
  },
  Floor: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = Math.floor(x[i] as number);
  },
  Relu: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = Math.max(0, x[i] as number);
  },
  Sign: (x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = Number((x[i] as number) > 0) - Number((x[i] as number) < 0);
  },
  Step: (x, y, { alpha }) => {
    for (let i = 0; i < x.length; i++) {
      const value = x[i] as number;
      y[i] = value > 0 ? 1 : value <= 0 ? alpha : Number.NaN;
    }
  },
  ClipByValue: (x, y, { clipValueMin, clipValueMax }) => {
    for (let i = 0; i < x.length; i++) y[i] = Math.min(Math.max(x[i] as number, clipValueMin), clipValueMax);
  },
};

type Single = NamedTensorInfoMap & { readonly x: TensorInfo };

const unary =
  (loop: Loop): KernelFunc =>
  ({ inputs, attrs, backend }) => {
    const { x } = inputs as Single;
    const simd = backend as SimdBackend;
    const y = allocate(simd.valuesOf(x).length);
    loop(simd.valuesOf(x), y, attrs as object as Attributes);
    return simd.makeTensorInfo(x.shape, 'float32', y);
  };

const listOf = (inputs: NamedTensorInfoMap): TensorInfo[] => inputs as object as TensorInfo[];

const addN: KernelFunc = ({ inputs, backend }) => {
  const simd = backend as SimdBackend;
  const [first, ...others] = listOf(inputs) as [TensorInfo, ...TensorInfo[]];
  const y = simd.valuesOf(first).slice();
  for (const other of others) {
    assertShape('addN: all tensors', other, first.shape);
    const x = simd.valuesOf(other);
    for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + (x[i] as number);
  }
  return simd.makeTensorInfo(first.shape, 'float32', y);
};

/** Registers these kernels. */
export const registerUnary = (): void => {
  for (const [name, loop] of Object.entries(loops))
    replaceKernel(name, ({ inputs }) => isFloat((inputs as Single).x), unary(loop));
  replaceKernel('AddN', ({ inputs }) => listOf(inputs).every(isFloat), addN);
};
