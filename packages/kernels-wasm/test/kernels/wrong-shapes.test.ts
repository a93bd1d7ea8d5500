import {
  add,
  concat,
  div,
  engine,
  fused,
  matMul,
  maximum,
  mean,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  ones,
  pow,
  ready,
  setBackend,
  slice,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  max as tensorMax,
  tile,
} from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

const of = (...shape: number[]): Tensor => ones(shape);
const matrix = (rows: number, columns: number): Tensor2D => ones([rows, columns]);

/** Each would read out of bounds. */
const mistakes: Readonly<Record<string, () => Tensor>> = {
  'a sum of 2 and 3 elements': () => add(of(2), of(3)),
  'a difference of rows of 3 and 2': () => sub(of(2, 3), of(2)),
  'a product of 4 and 3 rows': () => mul(of(4, 1), of(3, 2)),
  'a quotient of 4 and 2 rows': () => div(of(4, 3), of(2, 3)),
  'a power of 4 and 2 elements': () => pow(of(4), of(2)),
  'a maximum of 4 and 2 elements': () => maximum(of(4), of(2)),
  'a squared difference of 4 and 2 elements': () => squaredDifference(of(4), of(2)),
  'a matrix product with different inner lengths': () => matMul(matrix(4, 3), matrix(2, 5)),
  'a matrix product of 2 and 3 matrices': () => matMul(ones([2, 4, 3]) as Tensor3D, ones([3, 3, 5]) as Tensor3D),
  'a matrix product with a shorter bias': () => fused.matMul({ a: matrix(4, 3), b: matrix(3, 5), bias: of(4) }),
  'a slice beyond the last column': () => slice(of(4, 3), [0, 1], [4, 4]),
  'a slice beyond the last row': () => slice(of(4, 3), [2, 1], [4, 1]),
  'a tensor that is repeated -1 times': () => tile(of(4, 3), [2, -1]),
  'a tensor that is repeated 1.5 times': () => tile(of(4, 3), [2, 1.5]),
  'a sum along the axis 5': () => sum(of(4, 3), 5),
  'a mean along the axis -3': () => mean(of(4, 3), -3),
  'a maximum along the axis 0.5': () => tensorMax(of(4, 3), 0.5),
  'a concatenation of rows of 3 and 2': () => concat([of(4, 3), of(4, 2)], 0),
  'a concatenation along the axis 2': () => concat([of(4, 3), of(4, 3)], 2),
};

it.each(Object.keys(mistakes))('%s is an error, as on the cpu backend', async name => {
  const mistake = mistakes[name] as () => Tensor;
  expect(mistake).toThrow();
  await setBackend('cpu');
  expect(mistake).toThrow();
});

it('an axis that is named twice is reduced once', async () => {
  expect(await sum(of(4, 3), [0, 0]).data()).toEqual(Float32Array.of(12));
});

/** Mistakes that tfjs itself does not check. */
const kernels: Readonly<Record<string, { inputs: () => object; attributes?: object; message: string }>> = {
  AddN: { inputs: () => [of(4), of(2)], message: 'addN: all tensors must be [4], got [2]' },
  Conv2DBackpropInput: {
    inputs: () => ({ dy: of(1, 4, 4, 5), filter: of(2, 2, 3, 5) }),
    attributes: { inputShape: [1, 6, 6, 3] },
    message: 'conv2d: dy must be [1, 6, 6, 5], got [1, 4, 4, 5]',
  },
  Conv2DBackpropFilter: {
    inputs: () => ({ x: of(1, 4, 4, 3), dy: of(1, 3, 4, 5) }),
    attributes: { filterShape: [2, 2, 3, 5] },
    message: 'conv2d: dy must be [1, 4, 4, 5], got [1, 3, 4, 5]',
  },
};

it.each(Object.keys(kernels))('the kernel %s rejects tensors of the wrong shape', name => {
  const { inputs, attributes, message } = kernels[name] as NonNullable<(typeof kernels)[string]>;
  const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', ...attributes };
  const run = (): unknown => engine().runKernel(name, inputs() as NamedTensorMap, attrs as object as NamedAttrMap);
  expect(run).toThrow(RangeError);
  expect(run).toThrow(message);
});
