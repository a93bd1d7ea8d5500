import '@tensorflow/tfjs-backend-cpu';
import {
  engine,
  matMul,
  type NamedTensorMap,
  setBackend,
  type Tensor,
  type Tensor3D,
  tensor3d,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.ts';
import { normalValues } from './compare-with-cpu.ts';

beforeAll(() => setBackend('simd'));

const factorised = (rows: Tensor3D): Tensor3D =>
  engine().runKernel('NeuralFieldsOrthonormalRows', { rows } as object as NamedTensorMap) as object as Tensor3D;

/**
 * The largest absolute value of the elements of square matrices, of which `select` gives the difference from what is
 * right.
 */
const worst = async (
  matrices: Tensor,
  select: (value: number, row: number, column: number) => number,
): Promise<number> => {
  const n = matrices.shape[1] as number;
  const values = await matrices.data();
  return Array.from(values).reduce(
    (most, value, i) => Math.max(most, Math.abs(select(value, Math.floor(i / n) % n, i % n))),
    0,
  );
};

describe('orthonormal rows', () => {
  it.each([1, 2, 3, 4, 5, 16, 31, 65])('span the leading rows of matrices [%i, ...]', async n => {
    const matrices = tensor3d(normalValues(7 * n * n, n), [7, n, n]);
    const bases = factorised(matrices);
    expect(await worst(matMul(bases, bases, false, true), (value, i, j) => value - (i === j ? 1 : 0))).toBeLessThan(
      2e-6,
    );
    // Row i of the matrix is a combination of the first i + 1 rows of the basis.
    const coefficients = matMul(matrices, bases, false, true);
    expect(await worst(coefficients, (value, i, j) => (j > i ? value : 0))).toBeLessThan(1e-5 * Math.sqrt(n));
  });

  it('are orthonormal where matrices are singular, or their elements tiny', async () => {
    const n = 9;
    const singular = normalValues(2 * n * n, 3).map((value, i) => (Math.floor(i / n) % n < 4 ? 1e-30 * value : 0));
    const bases = factorised(tensor3d(singular, [2, n, n]));
    expect(await worst(matMul(bases, bases, false, true), (value, i, j) => value - (i === j ? 1 : 0))).toBeLessThan(
      2e-6,
    );
    const scaled = factorised(
      tensor3d(
        singular.map(value => 1e30 * value),
        [2, n, n],
      ),
    );
    expect(
      await worst(matMul(bases, scaled, false, true), (value, i, j) => (i < 4 ? value - (i === j ? 1 : 0) : 0)),
    ).toBeLessThan(1e-5);
  });

  it('refuses matrices that are not square', () => {
    expect(() => factorised(tensor3d([1, 2], [1, 1, 2]))).toThrow(
      'orthonormal rows: rows must be [1, 1, 1], got [1, 1, 2]',
    );
  });
});
