import '@tensorflow/tfjs-backend-cpu';
import { engine, type NamedTensorMap, setBackend, type Tensor3D, tensor3d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.ts';
import { normalValues } from './compare-with-cpu.ts';
import { type Matrix, product, transpose } from './matrices.ts';

beforeAll(() => setBackend('simd'));

const UPDATE = {
  ...{ momentum: 0.9, parameterScale: 0.99, stepSize: 0.3 },
  ...{ a: 3.4445, b: -4.775, c: 2.0315, iterations: 5, epsilon: 1e-7 },
};

/** Newton-Schulz in float64, by its definition. */
const orthogonal = (start: Matrix): Matrix => {
  const { a, b, c, iterations, epsilon } = UPDATE;
  const norm = Math.hypot(...start.flat()) + epsilon;
  let x: Matrix = start.map(row => row.map(value => value / norm));
  for (let i = 0; i < iterations; i++) {
    const gram = product(x, transpose(x));
    const [square, cube] = [product(gram, x), product(product(gram, gram), x)];
    x = x.map((row, at) => row.map((value, j) => a * value + b * square[at]![j]! + c * cube[at]![j]!));
  }
  return x;
};

describe('the Muon update', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 3],
    [3, 8, 5],
    [2, 5, 40],
    [1, 33, 17],
    [2, 64, 64],
  ])('agrees with float64 for %i matrices of %i x %i', async (count, rows, columns) => {
    const { momentum, parameterScale, stepSize } = UPDATE;
    const values = (seed: number): number[] => [...normalValues(count * rows * columns, 10 * rows + seed)];
    const inputs = { parameters: values(1), gradient: values(2), first: values(3) };
    const tensors = Object.entries(inputs).map(([name, each]) => [name, tensor3d(each, [count, rows, columns])]);
    const [found, moved] = engine().runKernel(
      'NeuralFieldsMuonUpdate',
      Object.fromEntries(tensors) as NamedTensorMap,
      UPDATE,
    ) as object as [Tensor3D, Tensor3D];
    expect(found.shape).toEqual([count, rows, columns]);
    const [next, momenta] = [await found.data(), await moved.data()];
    const wantedMomenta = inputs.first.map((m, i) => momentum * m + (1 - momentum) * inputs.gradient[i]!);
    const directions = wantedMomenta.map((m, i) => momentum * m + (1 - momentum) * inputs.gradient[i]!);
    for (let index = 0; index < count; index++) {
      const start = Array.from({ length: rows }, (_, i) => {
        const from = (index * rows + i) * columns;
        return directions.slice(from, from + columns);
      });
      for (const [at, value] of orthogonal(start).flat().entries()) {
        const place = index * rows * columns + at;
        expect(momenta[place]).toBeCloseTo(wantedMomenta[place]!, 5);
        const wanted = parameterScale * inputs.parameters[place]! - stepSize * value;
        expect(Math.abs(next[place]! - wanted)).toBeLessThan(2e-5);
      }
    }
  });
});
