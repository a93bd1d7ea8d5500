import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { allocate } from '../wasm/memory.ts';
import { type ProductShape, product } from './product.ts';
import { isFloat, replaceKernel, sizeOf } from './register.ts';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface BatchedShape extends ProductShape {
  readonly batches: number;
  readonly repeatsA: boolean;
  readonly repeatsB: boolean;
  readonly shape: number[];
}

/** The sizes of a batched product; `undefined` if the shapes need more broadcasting than one matrix times many. */
const planProduct = (
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Transposes,
): BatchedShape | undefined => {
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [sizeA, sizeB] = [sizeOf(outerA), sizeOf(outerB)];
  const same = outerA.length === outerB.length && outerA.every((length, axis) => length === outerB[axis]);
  if (k !== kOfB || !(same || sizeA === 1 || sizeB === 1)) return undefined;
  const outer = same || sizeB === 1 ? outerA : outerB;
  const rank = Math.max(outerA.length, outerB.length);
  return {
    m,
    k,
    n,
    transposeA,
    transposeB,
    batches: Math.max(sizeA, sizeB),
    repeatsA: sizeA === 1,
    repeatsB: sizeB === 1,
    shape: [...Array<number>(rank - outer.length).fill(1), ...outer, m, n],
  };
};

const multiply = (backend: SimdBackend, a: TensorInfo, b: TensorInfo, plan: BatchedShape): Float32Array => {
  const { m, k, n, batches, repeatsA, repeatsB } = plan;
  const [valuesA, valuesB] = [backend.valuesOf(a), backend.valuesOf(b)];
  if (batches === 1) return product(backend, valuesA, valuesB, plan);
  const result = allocate(batches * m * n);
  const matrixOf = (values: Float32Array, index: number, size: number): Float32Array =>
    values.subarray(index * size, (index + 1) * size);
  for (let batch = 0; batch < batches; batch++)
    result.set(
      product(
        backend,
        matrixOf(valuesA, repeatsA ? 0 : batch, m * k),
        matrixOf(valuesB, repeatsB ? 0 : batch, k * n),
        plan,
      ),
      batch * m * n,
    );
  return result;
};

type Inputs = NamedTensorInfoMap & { readonly a: TensorInfo; readonly b: TensorInfo; readonly bias?: TensorInfo };

const transposesOf = (attrs: object | undefined): Transposes => attrs as Transposes;

const batchMatMul: KernelFunc = ({ inputs, attrs, backend }) => {
  const { a, b } = inputs as Inputs;
  const plan = planProduct(a, b, transposesOf(attrs)) as BatchedShape;
  const simd = backend as SimdBackend;
  return simd.makeTensorInfo(plan.shape, 'float32', multiply(simd, a, b, plan));
};

const fusedMatMul: KernelFunc = ({ inputs, attrs, backend }) => {
  const { a, b, bias } = inputs as Inputs;
  const plan = planProduct(a, b, transposesOf(attrs)) as BatchedShape;
  const simd = backend as SimdBackend;
  const result = multiply(simd, a, b, plan);
  const rectified = (attrs as { activation?: string }).activation === 'relu';
  const shift = bias ? simd.valuesOf(bias) : new Float32Array(plan.n);
  for (let i = 0, j = 0; i < result.length; i++, j++) {
    if (j === plan.n) j = 0;
    const x = (result[i] as number) + (shift[j] as number);
    result[i] = rectified ? Math.max(x, 0) : x;
  }
  return simd.makeTensorInfo(plan.shape, 'float32', result);
};

/** Registers the matrix products. */
export const registerMatMul = (): void => {
  const fits = ({ inputs, attrs }: Parameters<KernelFunc>[0]): boolean => {
    const { a, b } = inputs as Inputs;
    return isFloat(a) && isFloat(b) && planProduct(a, b, transposesOf(attrs)) !== undefined;
  };
  replaceKernel('BatchMatMul', fits, batchMatMul);
  replaceKernel(
    '_FusedMatMul',
    args => {
      const { activation } = args.attrs as { activation?: string };
      const { b, bias } = args.inputs as Inputs;
      const width = (args.attrs as object as Transposes).transposeB ? b.shape.at(-2) : b.shape.at(-1);
      const plainBias = bias === undefined || (bias.shape.length === 1 && bias.shape[0] === width);
      return fits(args) && plainBias && [undefined, 'linear', 'relu'].includes(activation);
    },
    fusedMatMul,
  );
};
