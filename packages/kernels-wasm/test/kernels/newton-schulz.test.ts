import '@tensorflow/tfjs-backend-cpu';
import { engine, type NamedTensorMap, setBackend, type Tensor3D, tensor3d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.ts';
import { normalValues } from './compare-with-cpu.ts';

beforeAll(() => setBackend('simd'));

const HOW = { inner: -3.35, outer: 3.4445, iterations: 5 };

type Matrix = readonly (readonly number[])[];

const product = (a: Matrix, b: Matrix): number[][] =>
  a.map(row => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] as number), 0)));

/** The iteration in float64, by its definition. */
const iterated = (start: Matrix): Matrix => {
  let y = start;
  for (let i = 0; i < HOW.iterations; i++) {
    const d = product(y, y[0]?.map((_, j) => y.map(row => row[j] as number)) ?? []);
    const shifted = d.map((row, at) => row.map((value, j) => value + (at === j ? HOW.inner : 0)));
    const factor = product(d, shifted).map((row, at) => row.map((value, j) => value + (at === j ? HOW.outer : 0)));
    y = product(factor, y);
  }
  return y;
};

describe('the Newton-Schulz iteration', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 3],
    [3, 8, 5],
    [2, 5, 40],
    [1, 33, 17],
    [2, 64, 64],
  ])('agrees with float64 for %i matrices of %i x %i', async (count, rows, columns) => {
    const length = rows * columns;
    const values = normalValues(count * length, rows).map((value, _, all) => {
      const norm = Math.sqrt(all.reduce((sum, each) => sum + each ** 2, 0));
      return value / norm;
    });
    const matrices = tensor3d(values, [count, rows, columns]);
    const result = engine().runKernel(
      'NeuralFieldsNewtonSchulz',
      { matrices } as object as NamedTensorMap,
      HOW,
    ) as object as Tensor3D;
    expect(result.shape).toEqual([count, rows, columns]);
    const found = await result.data();
    for (let index = 0; index < count; index++) {
      const start = Array.from({ length: rows }, (_, i) => [
        ...values.slice(index * length + i * columns, index * length + (i + 1) * columns),
      ]);
      for (const [at, value] of iterated(start).flat().entries())
        expect(Math.abs((found[index * length + at] as number) - value)).toBeLessThan(2e-5);
    }
  });
});
