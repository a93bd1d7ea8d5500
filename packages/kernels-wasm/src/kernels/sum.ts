import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { isFloat, replaceKernel } from './register.ts';

interface SumAttributes {
  readonly axis: number | readonly number[];
  readonly keepDims: boolean;
}

type Inputs = NamedTensorInfoMap & { readonly x: TensorInfo };

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** The reduced axes in order, all of them where none is named. */
const reducedAxes = ({ shape }: TensorInfo, { axis }: SumAttributes): number[] => {
  const named = [axis ?? []].flat() as number[];
  const axes = named.length === 0 ? shape.map((_, index) => index) : named.map(a => (a < 0 ? a + shape.length : a));
  return axes.sort((a, b) => a - b);
};

const areNeighbours = (axes: readonly number[]): boolean => axes.every((axis, index) => axis === (axes[0] as number) + index);

/** Sums `[outer][middle][inner]` over the middle, in float64. */
export const sumMiddle = (x: Float32Array, outer: number, middle: number, inner: number): Float32Array => {
  const y = new Float32Array(outer * inner);
  if (inner === 1) {
    for (let o = 0; o < outer; o++) {
      let total = 0;
      for (let i = o * middle, end = i + middle; i < end; i++) total += x[i] as number;
      y[o] = total;
    }
    return y;
  }
  const totals = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    totals.fill(0);
    for (let row = 0; row < middle; row++) {
      const start = (o * middle + row) * inner;
      for (let i = 0; i < inner; i++) totals[i] = (totals[i] as number) + (x[start + i] as number);
    }
    y.set(totals, o * inner);
  }
  return y;
};

const sum: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x } = inputs as Inputs;
  const attributes = attrs as object as SumAttributes;
  const simd = backend as SimdBackend;
  const axes = reducedAxes(x, attributes);
  const [first, end] = [axes[0] ?? 0, (axes.at(-1) ?? -1) + 1];
  const [outer, middle, inner] = [x.shape.slice(0, first), x.shape.slice(first, end), x.shape.slice(end)];
  const values = sumMiddle(simd.numbers(x), sizeOf(outer), sizeOf(middle), sizeOf(inner));
  const shape = [...outer, ...(attributes.keepDims ? middle.map(() => 1) : []), ...inner];
  return simd.makeTensorInfo(shape, 'float32', values);
};

/** Registers the sum. */
export const registerSum = (): void =>
  replaceKernel(
    'Sum',
    ({ inputs, attrs }) => {
      const { x } = inputs as Inputs;
      return isFloat(x) && areNeighbours(reducedAxes(x, attrs as object as SumAttributes));
    },
    sum,
  );
