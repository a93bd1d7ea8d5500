/** @file Elementwise kernels: plain loops for what JavaScript does as fast as memory allows, WebAssembly for the sine and the cosine. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { applyBroadcast, planBroadcast, type Run } from './broadcast.ts';
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

type Pair = NamedTensorInfoMap & { readonly a: TensorInfo; readonly b: TensorInfo };
type Single = NamedTensorInfoMap & { readonly x: TensorInfo };

const binary =
  (run: Run): KernelFunc =>
  ({ inputs, backend }) => {
    const { a, b } = inputs as Pair;
    const simd = backend as SimdBackend;
    const plan = planBroadcast(a.shape, b.shape);
    return simd.makeTensorInfo(plan.shape, 'float32', applyBroadcast(run, simd.numbers(a), simd.numbers(b), plan));
  };

const square: KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs as Single;
  const simd = backend as SimdBackend;
  return simd.makeTensorInfo(
    x.shape,
    'float32',
    simd.numbers(x).map(value => value * value),
  );
};

/** Numbers that go through WebAssembly at once: 1 MiB. */
const BLOCK = 2 ** 18;
/** Bytes that a thread takes at a time. */
const TILE_BYTES = 2 ** 14;
/** Numbers below which waking the other threads takes longer than the work. */
const WORTH_SHARING = 2 ** 15;

/** The sine or the cosine of each number. */
export const wave = ({ arena, pool }: Kernels, kind: typeof JOBS.sine | typeof JOBS.cosine, x: Float32Array): Float32Array =>
  arena.scope(() => {
    const y = new Float32Array(x.length);
    const most = Math.min(BLOCK, Math.ceil(x.length / 4) * 4);
    const [from, to, job] = [arena.take(4 * most), arena.take(4 * most), arena.take(16)];
    for (let start = 0; start < x.length; start += BLOCK) {
      const count = Math.min(BLOCK, x.length - start);
      arena.floats(from, count).set(x.subarray(start, start + count));
      arena.integers(job, 4).set([from, to, 16 * Math.ceil(count / 4), TILE_BYTES]);
      pool.run(kind, job, count < WORTH_SHARING ? 1 : pool.count);
      y.set(arena.floats(to, count), start);
    }
    return y;
  });

const waveKernel =
  (kind: typeof JOBS.sine | typeof JOBS.cosine): KernelFunc =>
  ({ inputs, backend }) => {
    const { x } = inputs as Single;
    const simd = backend as SimdBackend;
    return simd.makeTensorInfo(x.shape, 'float32', wave(simd.kernels, kind, simd.numbers(x)));
  };

/** Registers the elementwise kernels. */
export const registerElementwise = (): void => {
  const areFloats: Parameters<typeof replaceKernel>[1] = ({ inputs }) =>
    isFloat((inputs as Pair).a) && isFloat((inputs as Pair).b);
  const isFloatInput: Parameters<typeof replaceKernel>[1] = ({ inputs }) => isFloat((inputs as Single).x);
  replaceKernel('Add', areFloats, binary(add));
  replaceKernel('Sub', areFloats, binary(subtract));
  replaceKernel('Multiply', areFloats, binary(multiply));
  replaceKernel('RealDiv', areFloats, binary(divide));
  replaceKernel('Square', isFloatInput, square);
  replaceKernel('Sin', isFloatInput, waveKernel(JOBS.sine));
  replaceKernel('Cos', isFloatInput, waveKernel(JOBS.cosine));
};
