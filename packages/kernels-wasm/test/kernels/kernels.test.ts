import { adam, createRng } from '@neural-fields/core';
import { ELEMENTWISE, expectClose, expectCloseInNorm, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import {
  add,
  cos,
  div,
  engine,
  fused,
  matMul,
  mul,
  ready,
  setBackend,
  sin,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

const numbers = (size: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: size }, () => rng.normal());
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

type Inputs = readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];

const given = (...shapes: readonly (readonly number[])[]): Inputs =>
  shapes.map((shape, index) => ({ shape, values: numbers(sizeOf(shape), index + 1) }));

/** Works something out on a backend. */
const on = async (
  backend: string,
  inputs: Inputs,
  work: (...tensors: Tensor[]) => Tensor,
): Promise<{ readonly shape: readonly number[]; readonly values: Float32Array }> => {
  await setBackend(backend);
  engine().startScope();
  const result = work(...inputs.map(({ shape, values }) => tensor(values.slice(), [...shape])));
  const values = (await result.data()) as Float32Array;
  const { shape } = result;
  engine().endScope();
  return { shape, values };
};

const expectLikeCpu = async (inputs: Inputs, work: (...tensors: Tensor[]) => Tensor, relative = 0): Promise<void> => {
  const [actual, expected] = [await on('simd', inputs, work), await on('cpu', inputs, work)];
  expect(actual.shape).toEqual(expected.shape);
  expectCloseInNorm(actual.values, expected.values, { relative });
};

/** Rounding of sums of up to a few thousand products. */
const SUMS = 200 * FLOAT32_ROUNDOFF;

describe('matMul', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  it('is that of the cpu backend for any sizes and transposes', () =>
    fc.assert(
      fc.asyncProperty(sizes, sizes, sizes, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) =>
        expectLikeCpu(
          given(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUMS,
        ),
      ),
      { numRuns: 30, seed: 20261121 },
    ));

  it.each([
    { m: 1030, k: 3, n: 5 },
    { m: 5, k: 2100, n: 7 },
    { m: 3, k: 4, n: 4100 },
  ])('is so beyond a block: %o', async ({ m, k, n }) => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true])
        await expectLikeCpu(
          given(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUMS,
        );
  });

  it.each([
    [
      [3, 4, 5],
      [3, 5, 6],
    ],
    [
      [4, 5],
      [3, 5, 6],
    ],
    [
      [2, 3, 4, 5],
      [5, 6],
    ],
    [
      [2, 1, 4, 5],
      [1, 3, 5, 6],
    ],
    [
      [0, 5],
      [5, 3],
    ],
    [
      [4, 0],
      [0, 3],
    ],
  ])('takes the shapes %o and %o', (a, b) => expectLikeCpu(given(a, b), (x, y) => matMul(x, y), SUMS));

  it.each(['linear', 'relu', 'elu'] as const)('with a bias and %s', activation =>
    expectLikeCpu(
      given([7, 5], [5, 9], [9]),
      (a, b, bias) => fused.matMul({ a, b, bias, activation } as Parameters<typeof fused.matMul>[0]),
      SUMS,
    ),
  );
});

describe('elementwise operations', () => {
  const pairs = [
    [
      [3, 4],
      [3, 4],
    ],
    [[3, 4], []],
    [[], [3, 4]],
    [[5, 3, 4], [4]],
    [
      [5, 3, 4],
      [3, 1],
    ],
    [
      [5, 1, 4],
      [3, 1],
    ],
    [
      [1, 3],
      [5, 1, 1],
    ],
    [
      [2, 1, 3, 1],
      [4, 1, 5],
    ],
    [[0, 3], [3]],
    [[1, 1], [1]],
  ] as const;
  it.each(pairs)('broadcast %o with %o', async (a, b) => {
    // The same float32 operations: the same bits.
    for (const operation of [add, sub, mul, div]) await expectLikeCpu(given(a, b), (x, y) => operation(x, y));
  });

  it('leave integers to the cpu backend', async () => {
    const result = add(tensor([1, 2], [2], 'int32'), tensor([3, 4], [2], 'int32'));
    expect(result.dtype).toBe('int32');
    expect([...(await result.data())]).toEqual([4, 6]);
  });

  it('square', () => expectLikeCpu(given([3, 5]), x => square(x)));

  // 300,001 numbers are more than a block.
  it.each([
    { name: 'sin', operation: sin, exact: Math.sin },
    { name: 'cos', operation: cos, exact: Math.cos },
  ])('$name is right to 1.2e-7 up to 1,200', async ({ operation, exact }) => {
    const rng = createRng(3);
    const x = Float32Array.from({ length: 300_001 }, (_, i) => (i < 3 ? i * 0 : (2 * rng.uniform() - 1) * 1200));
    const values = await operation(tensor1d(x.slice())).data();
    expectClose(values, Float64Array.from(x, exact), { absolute: 1.2e-7 });
  });

  it.each([
    { name: 'sin', operation: sin, exact: Math.sin },
    { name: 'cos', operation: cos, exact: Math.cos },
  ])('$name takes every float32 number', async ({ operation, exact }) => {
    const x = Float32Array.of(0, -0, 1e-30, 16_383, 16_385, -1e6, 1e10, 3e38, Infinity, -Infinity, Number.NaN);
    expectClose(await operation(tensor1d(x.slice())).data(), Float64Array.from(x, exact), { absolute: 2e-6 });
  });
});

describe('sum', () => {
  it.each([
    { shape: [3, 4, 5], axis: undefined },
    { shape: [3, 4, 5], axis: 0 },
    { shape: [3, 4, 5], axis: 1 },
    { shape: [3, 4, 5], axis: -1 },
    { shape: [3, 4, 5], axis: [1, 2] },
    { shape: [3, 4, 5], axis: [1, 0] },
    { shape: [3, 4, 5], axis: [0, 2] },
    { shape: [], axis: undefined },
    { shape: [0, 3], axis: 0 },
  ])('of $shape along $axis', async ({ shape, axis }) => {
    for (const keepDims of [false, true]) await expectLikeCpu(given(shape), x => sum(x, axis, keepDims), SUMS);
  });

  it('does not lose small terms', async () => {
    const x = new Float32Array(1_000_001).fill(1e-3);
    x[0] = 1e4;
    expectClose(await sum(tensor1d(x)).data(), [11_000], ELEMENTWISE);
  });
});

describe('adam', () => {
  it('is that of the cpu backend to rounding', async () => {
    const run = async (backend: string): Promise<Float32Array> => {
      await setBackend(backend);
      const optimizer = adam({ learningRate: 1e-2, weightDecay: 0.1, epsilon: 1e-4 });
      let parameters: Tensor1D = tensor1d(numbers(1001, 1));
      let state: readonly Tensor1D[] = [0, 1].map(() => tensor1d(new Float32Array(1001)));
      for (let step = 1; step <= 20; step++)
        ({ parameters, state } = optimizer.update({
          parameters,
          gradient: tensor1d(numbers(1001, 10 + step)),
          state,
          step,
          learningRate: 1e-2,
        }));
      return (await parameters.data()) as Float32Array;
    };
    const [actual, expected] = [await run('simd'), await run('cpu')];
    // Twenty steps of about ten roundings each on the composed side, on parameters of order one.
    expectClose(actual, expected, { absolute: 50 * FLOAT32_ROUNDOFF, relative: 50 * FLOAT32_ROUNDOFF });
  });

  it('is one kernel and leaves nothing behind', async () => {
    const [parameters, gradient, first, second] = [1, 2, 3, 4].map(seed => tensor1d(numbers(8, seed).map(Math.abs))) as [
      Tensor1D,
      Tensor1D,
      Tensor1D,
      Tensor1D,
    ];
    const before = engine().memory().numTensors;
    const { kernelNames } = await engine().profile(() => {
      const next = adam().update({ parameters, gradient, state: [first, second], step: 1, learningRate: 1 });
      for (const vector of [next.parameters, ...next.state]) vector.dispose();
      return [];
    });
    expect(kernelNames).toEqual(['NeuralFieldsAdamUpdate']);
    expect(engine().memory().numTensors).toBe(before);
  });
});
