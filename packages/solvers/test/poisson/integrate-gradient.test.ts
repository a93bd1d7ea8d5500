import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { type DifferenceOperator, integrateGradient } from '../../src/index.ts';
import { largestDifference } from '../grids.ts';

const noise = (shape: number[], seed: number): NdArray<Float64Array> => {
  const rng = createRng(seed);
  return ndarray(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * rng.uniform() - 1),
    shape,
  );
};

/** The weights of a 3 x 3 neighbourhood, for the difference along y; along x their transpose. */
const kernels: Readonly<Record<DifferenceOperator, readonly (readonly number[])[]>> = {
  forward: [
    [0, 0, 0],
    [0, -1, 0],
    [0, 1, 0],
  ],
  central: [
    [0, -1 / 2, 0],
    [0, 0, 0],
    [0, 1 / 2, 0],
  ],
  sobel: [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
};

/** Differences by definition, with mirrored borders: `[rows, columns, 2 channels]`. */
const differences = (
  u: NdArray<Float64Array>,
  operator: DifferenceOperator,
  spacing: readonly number[],
): NdArray<Float64Array> => {
  const [rows, columns, channels] = u.shape as [number, number, number];
  const result = ndarray(new Float64Array(2 * u.data.length), [rows, columns, 2 * channels]);
  const inside = (i: number, length: number): number => Math.min(Math.max(i, 0), length - 1);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let c = 0; c < channels; c++)
        for (const axis of [0, 1]) {
          let sum = 0;
          for (let a = 0; a < 3; a++)
            for (let b = 0; b < 3; b++) {
              const weight = axis === 0 ? kernels[operator][a]![b]! : kernels[operator][b]![a]!;
              sum += weight * u.get(inside(i + a - 1, rows), inside(j + b - 1, columns), c);
            }
          result.set(i, j, axis * channels + c, sum / spacing[axis]!);
        }
  return result;
};

const spacing = [0.5, 1.5];

describe.each(['forward', 'central', 'sobel'] as const)('integrateGradient of %s differences', operator => {
  it('recovers any image up to its mean', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0, max: 1000 }),
        (rows, columns, seed) => {
          const image = noise([rows, columns, 2], seed);
          const found = integrateGradient(differences(image, operator, spacing), { operator, spacing });
          for (let c = 0; c < 2; c++) {
            let shift = 0;
            for (let i = c; i < image.data.length; i += 2) shift += image.data[i]! / (rows * columns);
            for (let i = c; i < image.data.length; i += 2)
              expect(Math.abs(found.data[i]! - image.data[i]! + shift)).toBeLessThan(1e-9);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the least-squares solution for a field that is not a gradient: the residual is orthogonal to every gradient', () => {
    const field = noise([7, 9, 2], 1);
    const found = integrateGradient(field, { operator, spacing });
    const left = differences(found, operator, spacing).data.map((value, i) => value - field.data[i]!);
    expect(Math.hypot(...left)).toBeGreaterThan(1);
    for (const seed of [2, 3, 4]) {
      const other = differences(noise([7, 9, 1], seed), operator, spacing).data;
      expect(Math.abs(other.reduce((sum, value, i) => sum + value * left[i]!, 0))).toBeLessThan(1e-10);
    }
  });
});

it('defaults to central differences and mean 0', () => {
  const image = noise([5, 4, 1], 9);
  const found = integrateGradient(differences(image, 'central', [1, 1]));
  const explicit = integrateGradient(differences(image, 'central', [1, 1]), { operator: 'central', mean: 2 });
  expect(
    largestDifference(
      explicit.data,
      found.data.map(value => value + 2),
    ),
  ).toBeLessThan(1e-12);
});

it('rejects wrong arguments', () => {
  expect(() => integrateGradient(noise([3, 3, 3], 1))).toThrow(
    '[...grid, d * channels] with d axes in the grid, got [3, 3, 3]',
  );
  expect(() => integrateGradient(noise([3, 3, 2], 1), { spacing: [1, -1] })).toThrow(
    'spacing must be a positive number, got -1',
  );
  expect(() => integrateGradient(noise([3, 3, 2], 1), { mean: Number.POSITIVE_INFINITY })).toThrow(
    'mean must be a finite number',
  );
});
