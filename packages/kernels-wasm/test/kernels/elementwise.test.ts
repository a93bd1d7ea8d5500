import { createRng } from '@neural-fields/core';
import { expectClose, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import {
  abs,
  add,
  addN,
  clipByValue,
  cos,
  div,
  exp,
  floor,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  ready,
  reciprocal,
  relu,
  rsqrt,
  setBackend,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  squaredDifference,
  step,
  sub,
  type Tensor,
  tanh,
  tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectSameAsCpu, inputsOf, runOn } from './compare-with-cpu.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
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
    // The same float32 operations, hence bitwise equal.
    for (const operation of [add, sub, mul, div, maximum, minimum, squaredDifference])
      await expectSameAsCpu(inputsOf(a, b), (x, y) => operation(x as Tensor, y as Tensor));
    await expectSameAsCpu(inputsOf(a, b), (x, y) => pow(abs(x as Tensor), y as Tensor));
  });

  it('pass integers to the cpu backend', async () => {
    const result = add(tensor([1, 2], [2], 'int32'), tensor([3, 4], [2], 'int32'));
    expect(result.dtype).toBe('int32');
    expect([...(await result.data())]).toEqual([4, 6]);
  });

  it('agree with the cpu backend for NaN, infinities and edge cases', async () => {
    const x = Float32Array.of(-2.5, -1, -0, 0, 0.5, 3, 1e30, -1e30, Infinity, -Infinity, Number.NaN);
    const operations: readonly ((x: Tensor) => Tensor)[] = [
      square,
      neg,
      abs,
      sqrt,
      rsqrt,
      reciprocal,
      floor,
      relu,
      sign,
      step,
      y => step(y, -1),
      y => clipByValue(y, -1, 2),
      y => pow(y, 2),
      y => pow(y, 3),
    ];
    for (const operation of operations) {
      const [actual, expected] = [
        await runOn('simd', [{ shape: [11], values: x }], operation),
        await runOn('cpu', [{ shape: [11], values: x }], operation),
      ];
      expect([...actual.values].map(value => value + 0)).toEqual([...expected.values].map(value => value + 0));
    }
  });

  it('addN', () => expectSameAsCpu(inputsOf([3, 5], [3, 5], [3, 5]), (...parts) => addN(parts)));

  // 300,001 elements are more than a block.
  it.each([
    { name: 'sin', operation: sin, exact: Math.sin },
    { name: 'cos', operation: cos, exact: Math.cos },
  ])('$name has an absolute error of at most 1.2e-7 up to 1,200', async ({ operation, exact }) => {
    const rng = createRng(3);
    const x = Float32Array.from({ length: 300_001 }, (_, i) => (i < 3 ? i * 0 : (2 * rng.uniform() - 1) * 1200));
    const values = await operation(tensor1d(x.slice())).data();
    expectClose(values, Float64Array.from(x, exact), { absolute: 1.2e-7 });
  });

  it.each([
    { name: 'sin', operation: sin, exact: Math.sin },
    { name: 'cos', operation: cos, exact: Math.cos },
  ])('$name takes every float32', async ({ operation, exact }) => {
    const x = Float32Array.of(0, -0, 1e-30, 16_383, 16_385, -1e6, 1e10, 3e38, Infinity, -Infinity, Number.NaN);
    expectClose(await operation(tensor1d(x.slice())).data(), Float64Array.from(x, exact), { absolute: 2e-6 });
  });

  // Twice the rounding of the four stages of each: a reduction, a polynomial, a sum and a quotient.
  it.each([
    { name: 'exp', operation: exp, exact: Math.exp, range: 87 },
    { name: 'tanh', operation: tanh, exact: Math.tanh, range: 12 },
    { name: 'sigmoid', operation: sigmoid, exact: (x: number) => 1 / (1 + Math.exp(-x)), range: 80 },
    {
      name: 'softplus',
      operation: softplus,
      exact: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      range: 80,
    },
  ])('$name has a relative error of at most 8 roundings', async ({ operation, exact, range }) => {
    const rng = createRng(4);
    const x = Float32Array.from({ length: 300_001 }, (_, i) => (i % 2 === 0 ? range : 1) * (2 * rng.uniform() - 1));
    const values = await operation(tensor1d(x.slice())).data();
    expectClose(values, Float64Array.from(x, exact), { relative: 8 * FLOAT32_ROUNDOFF });
  });

  it.each([
    { name: 'exp', operation: exp, limits: [0, 0, Infinity, Infinity] },
    { name: 'tanh', operation: tanh, limits: [-1, -1, 1, 1] },
    { name: 'sigmoid', operation: sigmoid, limits: [0, 0, 1, 1] },
    { name: 'softplus', operation: softplus, limits: [0, 0, 1000, Infinity] },
  ])('$name has the right limits', async ({ operation, limits }) => {
    const values = await operation(tensor1d([-Infinity, -1000, 1000, Infinity, Number.NaN])).data();
    expect([...values]).toEqual([...limits, Number.NaN]);
  });
});
