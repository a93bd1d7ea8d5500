import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/index.ts';
import { orthonormalRows } from '../../src/optimizers/orthonormal-rows.ts';
import { symmetricEigenvectors } from '../../src/optimizers/symmetric-eigenvectors.ts';

/** A' B of row-major `[n, n]`. */
const product = (a: Float32Array, b: Float32Array, n: number): number[] =>
  Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (a[k * n + i] as number) * (b[k * n + j] as number);
    return sum;
  });

const transposed = (a: Float32Array, n: number): Float32Array => a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]!);

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));
const isIdentity = (values: readonly number[], n: number): boolean =>
  largest(values.map((value, i) => value - (i % (n + 1) === 0 ? 1 : 0))) < 1e-5;

/** The Gram matrix of `rank` random vectors. */
const gramOf = (seed: number, n: number, rank: number): Float32Array => {
  const rng = createRng(seed);
  const g = Float32Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) < rank ? rng.normal() : 0));
  return Float32Array.from(product(g, g, n));
};

const anyMatrix = [fc.integer(), fc.integer({ min: 1, max: 24 }), fc.integer({ min: 0, max: 24 })] as const;

describe('symmetricEigenvectors', () => {
  it('diagonalises any Gram matrix, the largest eigenvalue first', () => {
    fc.assert(
      fc.property(...anyMatrix, (seed, n, rank) => {
        const matrix = gramOf(seed, n, Math.min(rank, n));
        const vectors = transposed(symmetricEigenvectors(matrix, n), n);
        expect(isIdentity(product(vectors, vectors, n), n)).toBe(true);
        const values = product(vectors, Float32Array.from(product(matrix, vectors, n)), n);
        const scale = 1 + largest([...matrix]);
        const diagonal = Array.from({ length: n }, (_, i) => values[i * (n + 1)] as number);
        expect(largest(values.map((value, i) => (i % (n + 1) === 0 ? 0 : value)))).toBeLessThan(1e-5 * scale);
        for (const [i, value] of diagonal.slice(1).entries())
          expect(value).toBeLessThan((diagonal[i] as number) + 1e-5 * scale);
      }),
    );
  });

  it('is the identity, up to order, for a diagonal matrix', () => {
    expect([...symmetricEigenvectors(Float32Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2), 3)].map(Math.abs)).toEqual([
      0, 1, 0, 0, 0, 1, 1, 0, 0,
    ]);
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])('the eigenvectors of a matrix with %f are the identity', value => {
  expect([...symmetricEigenvectors(Float32Array.of(1, value, value, 2), 2)]).toEqual([1, 0, 0, 1]);
});

it('the eigenvectors of tiny and huge matrices are found', () => {
  for (const scale of [1e-38, 1, 1e37]) {
    const [a, b, c, d] = symmetricEigenvectors(Float32Array.of(2 * scale, scale, scale, 2 * scale), 2);
    for (const value of [a, b, c, d]) expect(Math.abs(value as number)).toBeCloseTo(Math.SQRT1_2, 6);
  }
});

describe('orthonormalRows', () => {
  it('spans the leading rows, also of singular matrices', () => {
    fc.assert(
      fc.property(...anyMatrix, (seed, n, rank) => {
        const matrix = gramOf(seed, n, Math.min(rank, n));
        const basis = transposed(orthonormalRows(matrix, n), n);
        expect(isIdentity(product(basis, basis, n), n)).toBe(true);
        // R = Q' A', for the rows as columns, is zero below the diagonal.
        const below = product(basis, transposed(matrix, n), n).filter((_, i) => Math.floor(i / n) > i % n);
        expect(largest([0, ...below])).toBeLessThan(1e-5 * (1 + largest([...matrix])));
      }),
    );
  });
});
