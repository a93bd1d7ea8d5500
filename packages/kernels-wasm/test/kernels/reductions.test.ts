import { ELEMENTWISE, expectClose } from '@neural-fields/testing';
import { max, mean, min, ready, setBackend, sum, type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectSameAsCpu, inputsOf, SUM_ROUNDOFF } from './compare-with-cpu.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

const operations = { sum, mean, max, min };

describe.each(Object.keys(operations) as (keyof typeof operations)[])('%s', name => {
  const operation = operations[name];

  it.each([
    { shape: [3, 4, 5], axis: undefined },
    { shape: [3, 4, 5], axis: 0 },
    { shape: [3, 4, 5], axis: 1 },
    { shape: [3, 4, 5], axis: -1 },
    { shape: [3, 4, 5], axis: [1, 2] },
    { shape: [3, 4, 5], axis: [1, 0] },
    { shape: [3, 4, 5], axis: [0, 2] },
    { shape: [], axis: undefined },
    { shape: [2, 3, 4, 5], axis: [1, 3] },
    { shape: [2, 2, 5000], axis: 1 },
    { shape: [0, 3], axis: 1 },
  ])('of $shape along $axis', async ({ shape, axis }) => {
    for (const keepDims of [false, true])
      await expectSameAsCpu(inputsOf(shape), x => operation(x as Tensor, axis, keepDims), SUM_ROUNDOFF);
  });
});

describe('sum and mean', () => {
  it('of an empty tensor are zero and NaN', async () => {
    expect([...(await sum(tensor2d([], [0, 3]), 0).data())]).toEqual([0, 0, 0]);
    expect([...(await mean(tensor2d([], [0, 3]), 0).data())]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('do not lose small terms', async () => {
    const x = new Float32Array(1_000_001).fill(1e-3);
    x[0] = 1e4;
    expectClose(await sum(tensor1d(x)).data(), [11_000], ELEMENTWISE);
    expectClose(await mean(tensor1d(x)).data(), [11_000 / 1_000_001], ELEMENTWISE);
  });
});

describe('max and min', () => {
  it('are NaN where an element is NaN', async () => {
    const x = tensor2d([1, Number.NaN, 3, 4], [2, 2]);
    expect([...(await max(x, 1).data())]).toEqual([Number.NaN, 4]);
    expect([...(await min(x, 0).data())]).toEqual([1, Number.NaN]);
  });
});
