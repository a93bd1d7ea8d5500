import { applyReflection, reflectionOf } from './reflections.ts';

/**
 * Orthonormal rows of which the first k span the first k rows of a square matrix: the transpose of Q in the QR
 * factorisation of its transpose, in float64. Golub and Van Loan, Matrix Computations, 4th edition, 2013, algorithm
 * 5.2.1. Orthonormal also where the matrix is singular.
 *
 * @param matrix row-major `[n, n]`
 * @returns row-major `[n, n]`
 */
export const orthonormalRows = (matrix: Float32Array, n: number): Float32Array => {
  const rows = Float64Array.from(matrix);
  const factors = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const v = k * n + k;
    const [factor] = reflectionOf(rows, v, (k + 1) * n);
    factors[k] = factor;
    for (let row = k + 1; row < n; row++) applyReflection(rows, v, factor, rows, row * n + k, n - k);
  }
  const basis = new Float64Array(n * n);
  for (let k = n - 1; k >= 0; k--) {
    basis[k * n + k] = 1;
    for (let row = k; row < n; row++) applyReflection(rows, k * n + k, factors[k]!, basis, row * n + k, n - k);
  }
  return Float32Array.from(basis);
};
