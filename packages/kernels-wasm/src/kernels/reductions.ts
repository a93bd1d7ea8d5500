/** @file Sums, means, maxima and minima along any axes. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { allocate } from '../wasm/memory.ts';
import { transposed } from './data-movement.ts';
import { areAxes, isFloat, replaceKernel, sizeOf } from './register.ts';

interface ReductionAttributes {
  /** The axes of `Sum` and `Mean`. */
  readonly axis?: number | readonly number[];
  /** The axes of `Max` and `Min`. */
  readonly reductionIndices?: number | readonly number[];
  readonly keepDims: boolean;
}

/** Reduces `[outer][middle][inner]` along the middle. */
type Reduction = (x: Float32Array, outer: number, middle: number, inner: number) => Float32Array;

/** Elements of the inner axis that are summed at a time: their float64 sums take 16 KiB of the first-level cache. */
const STRIP = 2048;

/** The sum over the middle axis divided by `divisor`, accumulated in float64. */
const sumMiddle = (
  x: Float32Array,
  [outer, middle, inner]: readonly [number, number, number],
  divisor: number,
): Float32Array => {
  const y = allocate(outer * inner);
  if (inner === 1) {
    for (let o = 0; o < outer; o++) {
      let total = 0;
      for (let i = o * middle, end = i + middle; i < end; i++) total += x[i] as number;
      y[o] = total / divisor;
    }
    return y;
  }
  const totals = new Float64Array(Math.min(inner, STRIP));
  for (let o = 0; o < outer; o++)
    for (let first = 0; first < inner; first += STRIP) {
      const width = Math.min(STRIP, inner - first);
      totals.fill(0);
      for (let row = 0; row < middle; row++) {
        const start = (o * middle + row) * inner + first;
        for (let i = 0; i < width; i++) totals[i] = (totals[i] as number) + (x[start + i] as number);
      }
      const target = o * inner + first;
      for (let i = 0; i < width; i++) y[target + i] = (totals[i] as number) / divisor;
    }
  return y;
};

const sum: Reduction = (x, ...sizes) => sumMiddle(x, sizes, 1);
const mean: Reduction = (x, ...sizes) => sumMiddle(x, sizes, sizes[1]);

/** The maximum over the middle axis; NaN if any element is NaN. */
const maximum: Reduction = (x, outer, middle, inner) => {
  const y = allocate(outer * inner).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < outer * middle; row++) {
    const target = Math.floor(row / middle) * inner;
    for (let i = 0; i < inner; i++) y[target + i] = Math.max(y[target + i] as number, x[row * inner + i] as number);
  }
  return y;
};

/** The minimum over the middle axis; NaN if any element is NaN. */
const minimum: Reduction = (x, outer, middle, inner) => {
  const y = allocate(outer * inner).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < outer * middle; row++) {
    const target = Math.floor(row / middle) * inner;
    for (let i = 0; i < inner; i++) y[target + i] = Math.min(y[target + i] as number, x[row * inner + i] as number);
  }
  return y;
};

type Inputs = NamedTensorInfoMap & { readonly x: TensorInfo };

/** The reduced axes in ascending order; all axes if none is given. */
const reducedAxes = ({ shape }: TensorInfo, { axis, reductionIndices }: ReductionAttributes): number[] => {
  const named = [axis ?? reductionIndices ?? []].flat() as number[];
  const axes = named.length === 0 ? shape.map((_, index) => index) : named.map(a => (a < 0 ? a + shape.length : a));
  return axes.sort((a, b) => a - b);
};

const areNeighbours = (axes: readonly number[]): boolean =>
  axes.every((axis, index) => axis === (axes[0] as number) + index);

const reduction =
  (reduce: Reduction): KernelFunc =>
  ({ inputs, attrs, backend }) => {
    const { x } = inputs as Inputs;
    const attributes = attrs as object as ReductionAttributes;
    const simd = backend as SimdBackend;
    const axes = reducedAxes(x, attributes);
    const others = x.shape.map((_, axis) => axis).filter(axis => !axes.includes(axis));
    const lengthsOf = (some: readonly number[]): number[] => some.map(axis => x.shape[axis] as number);
    const shape = attributes.keepDims
      ? x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
      : lengthsOf(others);
    const middle = sizeOf(lengthsOf(axes));
    const values = simd.valuesOf(x);
    if (!areNeighbours(axes)) {
      const moved = transposed(values, x.shape, [...others, ...axes]);
      return simd.makeTensorInfo(shape, 'float32', reduce(moved, sizeOf(lengthsOf(others)), middle, 1));
    }
    const first = axes[0] ?? 0;
    const [outer, inner] = [x.shape.slice(0, first), x.shape.slice(first + axes.length)];
    return simd.makeTensorInfo(shape, 'float32', reduce(values, sizeOf(outer), middle, sizeOf(inner)));
  };

/** Registers the reductions. */
export const registerReductions = (): void => {
  // Invalid or repeated axes are left to the cpu backend.
  const takes = ({ inputs, attrs }: Parameters<KernelFunc>[0]): boolean => {
    const { x } = inputs as Inputs;
    return isFloat(x) && areAxes(reducedAxes(x, attrs as object as ReductionAttributes), x.shape.length);
  };
  const isNonEmpty = (args: Parameters<KernelFunc>[0]): boolean =>
    takes(args) && sizeOf((args.inputs as Inputs).x.shape) > 0;
  replaceKernel('Sum', takes, reduction(sum));
  replaceKernel('Mean', takes, reduction(mean));
  replaceKernel('Max', isNonEmpty, reduction(maximum));
  replaceKernel('Min', isNonEmpty, reduction(minimum));
};
