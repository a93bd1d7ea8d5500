/**
 * @file The dense matrix of one front: the upper triangle of a complex symmetric matrix, the first `pivots` rows of
 * which are eliminated.
 */
import { type ComplexVector, complexZeros } from './complex-vector.ts';

/** A square symmetric matrix, row-major; only elements [i, j] with i <= j are used. */
export interface FrontalMatrix extends ComplexVector {
  readonly order: number;
}

export const frontalZeros = (order: number): FrontalMatrix => ({ order, ...complexZeros(order * order) });

/** Subtracts multiples of pivot rows k and k + 1 from row i. Two at a time halve the reads and writes of the row. */
const subtractTwoRows = (
  { real, imaginary, order }: FrontalMatrix,
  i: number,
  k: number,
  [ar, ai, br, bi]: readonly [number, number, number, number],
): void => {
  const first = k * order;
  const second = first + order;
  const row = i * order;
  for (let j = i; j < order; j++) {
    const [ur, ui, vr, vi] = [real[first + j]!, imaginary[first + j]!, real[second + j]!, imaginary[second + j]!];
    real[row + j] = real[row + j]! - (ar * ur - ai * ui) - (br * vr - bi * vi);
    imaginary[row + j] = imaginary[row + j]! - (ar * ui + ai * ur) - (br * vi + bi * vr);
  }
};

const subtractRow = (
  { real, imaginary, order }: FrontalMatrix,
  i: number,
  k: number,
  [ar, ai]: readonly [number, number],
): void => {
  const first = k * order;
  const row = i * order;
  for (let j = i; j < order; j++) {
    const [ur, ui] = [real[first + j]!, imaginary[first + j]!];
    real[row + j] = real[row + j]! - (ar * ur - ai * ui);
    imaginary[row + j] = imaginary[row + j]! - (ar * ui + ai * ur);
  }
};

/** 1 / A[k, k], as real and imaginary part. */
const invertPivot = ({ real, imaginary, order }: FrontalMatrix, k: number): readonly [number, number] => {
  const at = k * order + k;
  const [c, s] = [real[at]!, imaginary[at]!];
  const norm = c * c + s * s;
  return [c / norm, -s / norm];
};

/**
 * Eliminates the first `pivots` unknowns, in place: A = L D L^T in part, without pivoting. Row k then has D[k, k] on
 * the diagonal and (D L^T)[k, j] beyond it, and the rest of the matrix is the Schur complement.
 */
export const eliminate = (matrix: FrontalMatrix, pivots: number): void => {
  const { real, imaginary, order } = matrix;
  for (let k = 0; k < pivots; k += 2) {
    const [pr, pi] = invertPivot(matrix, k);
    const factor = (i: number): readonly [number, number] => {
      const [ur, ui] = [real[k * order + i]!, imaginary[k * order + i]!];
      return [ur * pr - ui * pi, ur * pi + ui * pr];
    };
    if (k + 1 >= pivots) {
      for (let i = k + 1; i < order; i++) subtractRow(matrix, i, k, factor(i));
      return;
    }
    subtractRow(matrix, k + 1, k, factor(k + 1));
    const [qr, qi] = invertPivot(matrix, k + 1);
    for (let i = k + 2; i < order; i++) {
      const at = (k + 1) * order + i;
      const [ur, ui] = [real[at]!, imaginary[at]!];
      subtractTwoRows(matrix, i, k, [...factor(i), ur * qr - ui * qi, ur * qi + ui * qr]);
    }
  }
};
