/** @file Kernels that only rearrange elements. */
import {
  type KernelFunc,
  type NamedTensorInfoMap,
  slice_util,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { allocate } from '../wasm/memory.ts';
import { areAxes, areCounts, isFloat, replaceKernel, sizeOf } from './register.ts';
import { rowMajorSteps, stridedCopy } from './strided-copy.ts';

type Single = NamedTensorInfoMap & { readonly x: TensorInfo };
type Arguments = Parameters<KernelFunc>[0];

const inputOf = ({ inputs }: Arguments): TensorInfo => (inputs as Single).x;

/** The axes of x in another order: `y[i_p0, i_p1, ...] = x[i_0, i_1, ...]`. */
export const transposed = (x: Float32Array, shape: readonly number[], permutation: readonly number[]): Float32Array => {
  const y = allocate(x.length);
  const [from, to] = [rowMajorSteps(shape), rowMajorSteps(permutation.map(axis => shape[axis] as number))];
  stridedCopy(
    x,
    0,
    y,
    0,
    permutation.map((axis, index) => ({
      length: shape[axis] as number,
      from: from[axis] as number,
      to: to[index] as number,
    })),
  );
  return y;
};

const transpose: KernelFunc = args => {
  const x = inputOf(args);
  const simd = args.backend as SimdBackend;
  const { perm } = args.attrs as object as { readonly perm: readonly number[] };
  const shape = perm.map(axis => x.shape[axis] as number);
  return simd.makeTensorInfo(shape, 'float32', transposed(simd.valuesOf(x), x.shape, perm));
};

/** Where a slice begins and how long it is along each axis. */
const sliceOf = ({ inputs, attrs }: Arguments): [begin: number[], size: number[]] => {
  const { begin, size } = attrs as object as { readonly begin: number[]; readonly size: number[] };
  // parseSliceParams reads only the tensor's shape.
  const [first, lengths] = slice_util.parseSliceParams((inputs as Single).x as Tensor, begin, size);
  return [first as number[], lengths as number[]];
};

const slice: KernelFunc = args => {
  const x = inputOf(args);
  const simd = args.backend as SimdBackend;
  const [begin, size] = sliceOf(args);
  const [from, to] = [rowMajorSteps(x.shape), rowMajorSteps(size)];
  const y = allocate(sizeOf(size));
  const start = begin.reduce((sum, first, axis) => sum + first * (from[axis] as number), 0);
  const axes = size.map((length, axis) => ({ length, from: from[axis] as number, to: to[axis] as number }));
  stridedCopy(simd.valuesOf(x), start, y, 0, axes);
  return simd.makeTensorInfo(size, 'float32', y);
};

const tile: KernelFunc = args => {
  const x = inputOf(args);
  const simd = args.backend as SimdBackend;
  const { reps } = args.attrs as object as { readonly reps: readonly number[] };
  const shape = x.shape.map((length, axis) => length * (reps[axis] as number));
  const [from, to] = [rowMajorSteps(x.shape), rowMajorSteps(shape)];
  const y = allocate(sizeOf(shape));
  const axes = x.shape.flatMap((length, axis) => [
    { length: reps[axis] as number, from: 0, to: length * (to[axis] as number) },
    { length, from: from[axis] as number, to: to[axis] as number },
  ]);
  stridedCopy(simd.valuesOf(x), 0, y, 0, axes);
  return simd.makeTensorInfo(shape, 'float32', y);
};

const pad: KernelFunc = args => {
  const x = inputOf(args);
  const simd = args.backend as SimdBackend;
  const { paddings, constantValue } = args.attrs as object as {
    readonly paddings: readonly (readonly [number, number])[];
    readonly constantValue: number;
  };
  const shape = x.shape.map((length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
  const [from, to] = [rowMajorSteps(x.shape), rowMajorSteps(shape)];
  const y = allocate(sizeOf(shape));
  if (constantValue !== 0) y.fill(constantValue);
  const target = paddings.reduce((sum, [before], axis) => sum + before * (to[axis] as number), 0);
  const axes = x.shape.map((length, axis) => ({ length, from: from[axis] as number, to: to[axis] as number }));
  stridedCopy(simd.valuesOf(x), 0, y, target, axes);
  return simd.makeTensorInfo(shape, 'float32', y);
};

/**
 * Concatenates the values of several tensors along `axis`: `[outer][sum of the rows]` from `[outer][row]` each.
 */
const join = (simd: SimdBackend, tensors: readonly TensorInfo[], axis: number): Float32Array => {
  const rows = tensors.map(({ shape }) => sizeOf(shape.slice(axis)));
  const outer = sizeOf((tensors[0] as TensorInfo).shape.slice(0, axis));
  const width = rows.reduce((sum, row) => sum + row, 0);
  const y = allocate(outer * width);
  let target = 0;
  for (const [index, tensor] of tensors.entries()) {
    const row = rows[index] as number;
    stridedCopy(simd.valuesOf(tensor), 0, y, target, [
      { length: outer, from: row, to: width },
      { length: row, from: 1, to: 1 },
    ]);
    target += row;
  }
  return y;
};

const axisOf = ({ attrs }: Arguments, rank: number): number => {
  const { axis } = attrs as object as { readonly axis: number };
  return axis < 0 ? axis + rank : axis;
};

const listOf = ({ inputs }: Arguments): TensorInfo[] => inputs as object as TensorInfo[];

const concat: KernelFunc = args => {
  const tensors = listOf(args);
  const simd = args.backend as SimdBackend;
  const { shape } = tensors[0] as TensorInfo;
  const axis = axisOf(args, shape.length);
  const length = tensors.reduce((sum, tensor) => sum + (tensor.shape[axis] as number), 0);
  return simd.makeTensorInfo(shape.with(axis, length), 'float32', join(simd, tensors, axis));
};

const pack: KernelFunc = args => {
  const tensors = listOf(args);
  const simd = args.backend as SimdBackend;
  const { shape } = tensors[0] as TensorInfo;
  const axis = axisOf(args, shape.length + 1);
  return simd.makeTensorInfo(shape.toSpliced(axis, 0, tensors.length), 'float32', join(simd, tensors, axis));
};

/** Registers the kernels that only rearrange elements. */
export const registerDataMovement = (): void => {
  const takesFloat = (args: Arguments): boolean => isFloat(inputOf(args));
  // Arguments that would read or write out of bounds are left to the cpu backend, here and below.
  const takesOrder = (args: Arguments): boolean => {
    const { perm } = args.attrs as object as { readonly perm: readonly number[] };
    const rank = inputOf(args).shape.length;
    return takesFloat(args) && perm.length === rank && areAxes(perm, rank);
  };
  const takesCounts = (args: Arguments, counts: readonly (number | readonly number[])[]): boolean =>
    takesFloat(args) && counts.length === inputOf(args).shape.length && areCounts(counts.flat());
  replaceKernel('Transpose', takesOrder, transpose);
  replaceKernel('Tile', args => takesCounts(args, (args.attrs as object as { readonly reps: number[] }).reps), tile);
  replaceKernel(
    'PadV2',
    args => takesCounts(args, (args.attrs as object as { readonly paddings: number[][] }).paddings),
    pad,
  );
  // The cpu backend returns contiguous slices as views.
  const takesSlice = (args: Arguments): boolean => {
    const { shape } = inputOf(args);
    const [begin, size] = sliceOf(args);
    const isWithin =
      areCounts([...begin, ...size]) && size.every((n, axis) => (begin[axis] as number) + n <= (shape[axis] as number));
    return takesFloat(args) && isWithin && !slice_util.isSliceContinous(shape, begin, size);
  };
  replaceKernel('Slice', takesSlice, slice);
  // Shapes that do not match are left to the cpu backend, which throws.
  const takesList = (args: Arguments): boolean => {
    const tensors = listOf(args);
    const rank = tensors[0]?.shape.length;
    return (
      tensors.length > 1 &&
      tensors.every(tensor => isFloat(tensor) && tensor.shape.length === rank && sizeOf(tensor.shape) > 0)
    );
  };
  const agree = (args: Arguments, except?: number): boolean => {
    const [first, ...others] = listOf(args) as [TensorInfo, ...TensorInfo[]];
    return others.every(({ shape }) => shape.every((length, axis) => axis === except || length === first.shape[axis]));
  };
  const takesConcat = (args: Arguments): boolean => {
    const rank = listOf(args)[0]?.shape.length ?? 0;
    const axis = axisOf(args, rank);
    return takesList(args) && areAxes([axis], rank) && agree(args, axis);
  };
  replaceKernel('Concat', takesConcat, concat);
  replaceKernel('Pack', args => takesList(args) && agree(args), pack);
};
