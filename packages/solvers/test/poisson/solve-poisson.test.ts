import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { solvePoisson } from '../../src/index.ts';
import { convergenceOrders, largestDifference, sampled } from '../grids.ts';

const noise = (shape: number[], seed: number): NdArray<Float64Array> => {
  const rng = createRng(seed);
  return ndarray(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * rng.uniform() - 1),
    shape,
  );
};

/** Second differences by definition, with mirrored borders (d c b a | a b c d). */
const mirroredLaplacian = (u: NdArray<Float64Array>, spacing: readonly number[]): NdArray<Float64Array> => {
  const [rows, columns, channels] = u.shape as [number, number, number];
  const result = ndarray(new Float64Array(u.data.length), u.shape);
  const at = (i: number, j: number, c: number): number =>
    u.get(Math.min(Math.max(i, 0), rows - 1), Math.min(Math.max(j, 0), columns - 1), c);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let c = 0; c < channels; c++) {
        const vertical = at(i - 1, j, c) + at(i + 1, j, c) - 2 * at(i, j, c);
        const horizontal = at(i, j - 1, c) + at(i, j + 1, c) - 2 * at(i, j, c);
        result.set(i, j, c, vertical / spacing[0]! ** 2 + horizontal / spacing[1]! ** 2);
      }
  return result;
};

const meanOf = (data: Float64Array): number => data.reduce((sum, value) => sum + value, 0) / data.length;

const sizes = fc.integer({ min: 1, max: 24 });

describe('solvePoisson with mirrored borders', () => {
  it('recovers any image from its Laplacian', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 0, max: 1000 }), (rows, columns, seed) => {
        const image = noise([rows, columns, 2], seed);
        const spacing = [0.5, 2];
        const found = solvePoisson(mirroredLaplacian(image, spacing), { spacing });
        for (let c = 0; c < 2; c++) {
          const truth = Float64Array.from({ length: rows * columns }, (_, i) => image.data[2 * i + c]!);
          const channel = truth.map((_, i) => found.data[2 * i + c]!);
          expect(Math.abs(meanOf(channel))).toBeLessThan(1e-12);
          expect(
            largestDifference(
              channel,
              truth.map(value => value - meanOf(truth)),
            ),
          ).toBeLessThan(1e-10);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the given mean, and ignores the mean of the right-hand side', () => {
    const right = ndarray(Float64Array.of(1, 2, 0, 5), [2, 2, 1]);
    const found = solvePoisson(right, { mean: 3 });
    expect(meanOf(found.data)).toBeCloseTo(3, 12);
    expect(largestDifference(mirroredLaplacian(found, [1, 1]).data, [-1, 0, -2, 3])).toBeLessThan(1e-12);
  });

  it('divides an eigenmode by its eigenvalue, in three dimensions too', () => {
    const [n, k] = [12, [2, 0, 5]];
    const mode = ndarray(new Float64Array(n ** 3), [n, n, n, 1]);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let l = 0; l < n; l++)
          mode.set(
            i,
            j,
            l,
            0,
            [i, j, l].reduce((product, at, axis) => product * Math.cos((Math.PI * k[axis]! * (at + 0.5)) / n), 1),
          );
    const eigenvalue = k.reduce((sum, frequency) => sum + 2 * Math.cos((Math.PI * frequency) / n) - 2, 0);
    expect(
      largestDifference(
        solvePoisson(mode).data,
        mode.data.map(value => value / eigenvalue),
      ),
    ).toBeLessThan(1e-13);
  });
});

describe('solvePoisson with border values', () => {
  it('recovers any image from its Laplacian and its border', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 20 }),
        fc.integer({ min: 3, max: 20 }),
        fc.integer({ min: 0, max: 1000 }),
        (rows, columns, seed) => {
          const image = noise([rows, columns, 2], seed);
          const spacing = [1, 3];
          const found = solvePoisson(mirroredLaplacian(image, spacing), {
            boundary: 'dirichlet',
            border: image,
            spacing,
          });
          expect(largestDifference(found.data, image.data)).toBeLessThan(1e-10);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('converges to the continuous solution with order 2', () => {
    const u = (y: number, x: number): number[] => [Math.exp(y) * Math.sin(2 * x)];
    const errors = [9, 17, 33, 65].map(size => {
      const truth = sampled(size, u);
      const right = sampled(size, (y, x) => [-3 * u(y, x)[0]!]);
      const step = 2 / (size - 1);
      return largestDifference(
        solvePoisson(right, { boundary: 'dirichlet', border: truth, spacing: [step, step] }).data,
        truth.data,
      );
    });
    for (const order of convergenceOrders(errors)) expect(Math.abs(order - 2)).toBeLessThan(0.1);
    expect(errors.at(-1)).toBeLessThan(1e-3);
  });

  it('defaults to 0 on the border, and does not modify its arguments', () => {
    const border = noise([4, 5, 1], 3);
    const right = noise([4, 5, 1], 4);
    const copies = [border.data.slice(), right.data.slice()];
    solvePoisson(right, { boundary: 'dirichlet', border });
    expect([border.data, right.data]).toEqual(copies);
    const found = solvePoisson(right, { boundary: 'dirichlet' });
    for (let j = 0; j < 5; j++) expect([found.get(0, j, 0), found.get(3, j, 0)]).toEqual([0, 0]);
    expect(found.get(1, 1, 0)).not.toBe(0);
  });
});

it('rejects wrong arguments', () => {
  const right = ndarray(new Float64Array(6), [2, 3, 1]);
  expect(() => solvePoisson(ndarray(new Float64Array(3), [3]))).toThrow(
    'the right-hand side must be [...grid, channels], got [3]',
  );
  expect(() => solvePoisson(right, { boundary: 'dirichlet' })).toThrow(
    'must have at least 3 points along each axis, got [2, 3, 1]',
  );
  expect(() => solvePoisson(right, { spacing: [1] })).toThrow('spacing must be 2 numbers, one for each axis, got 1');
  expect(() => solvePoisson(right, { spacing: [1, 0] })).toThrow('spacing must be a positive number, got 0');
  expect(() => solvePoisson(right, { mean: Number.NaN })).toThrow('mean must be a finite number');
  expect(() => solvePoisson(ndarray(Float64Array.of(0, Number.NaN), [1, 2, 1]))).toThrow('got NaN at [0, 1, 0]');
  expect(() => solvePoisson(ndarray(new Float64Array(0), [0, 2, 1]))).toThrow(
    'the array must not be empty, got [0, 2, 1]',
  );
  expect(() => solvePoisson(right, { boundary: 'periodic' as 'neumann' })).toThrow(
    'solvePoisson: boundary must be one of neumann, dirichlet, got "periodic"',
  );
  const large = noise([3, 3, 1], 1);
  expect(() => solvePoisson(large, { boundary: 'dirichlet', border: right })).toThrow(
    'the border must be [3, 3, 1], got [2, 3, 1]',
  );
});

it('accepts arrays with any strides', () => {
  const right = noise([4, 6, 1], 5);
  const turned = right.transpose(1, 0, 2);
  const found = solvePoisson(turned);
  expect(found.shape).toEqual([6, 4, 1]);
  expect(found.get(2, 1, 0)).toBeCloseTo(solvePoisson(right).get(1, 2, 0), 13);
});
