import { applyReflection, reflectionOf } from './reflections.ts';

/**
 * Q of the QR factorisation of a square matrix with its columns in another order, in float64: Golub and Van Loan, Matrix
 * Computations, 4th edition, 2013, algorithm 5.2.1. Orthonormal also where the matrix is singular.
 *
 * @param matrix row-major `[n, n]`
 * @param order the columns' indices
 * @returns row-major `[n, n]`
 */
export const orthonormalBasis = (matrix: Float32Array, order: readonly number[]): Float32Array => {
  const n = order.length;
  const columns = new Float64Array(n * n);
  for (const [column, from] of order.entries())
    for (let row = 0; row < n; row++) columns[column * n + row] = matrix[row * n + from]!;
  const factors = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const v = k * n + k;
    const [factor] = reflectionOf(columns, v, (k + 1) * n);
    factors[k] = factor;
    for (let column = k + 1; column < n; column++) applyReflection(columns, v, factor, columns, column * n + k, n - k);
  }
  const basis = new Float64Array(n * n);
  for (let k = n - 1; k >= 0; k--) {
    basis[k * n + k] = 1;
    for (let column = k; column < n; column++)
      applyReflection(columns, k * n + k, factors[k]!, basis, column * n + k, n - k);
  }
  const result = new Float32Array(n * n);
  for (let column = 0; column < n; column++)
    for (let row = 0; row < n; row++) result[row * n + column] = basis[column * n + row]!;
  return result;
};
