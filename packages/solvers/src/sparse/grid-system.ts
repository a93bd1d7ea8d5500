/**
 * @file A linear system on the points of a grid in which each point is coupled with its four neighbours: complex and
 * symmetric (not Hermitian).
 */
import type { ComplexVector } from './complex-vector.ts';

/** A symmetric matrix A of order rows * columns, in row-major order of the points. */
export interface GridSystem {
  readonly rows: number;
  readonly columns: number;
  /** A[i, i] */
  readonly diagonal: ComplexVector;
  /** A[i, i + 1] = A[i + 1, i], the coupling with the next column; unused in the last column. */
  readonly right: ComplexVector;
  /** A[i, i + columns] = A[i + columns, i], the coupling with the next row; unused in the last row. */
  readonly down: ComplexVector;
}

/** b - A x */
export const systemResidual = (
  { rows, columns, diagonal, right, down }: GridSystem,
  x: ComplexVector,
  b: ComplexVector,
): ComplexVector => {
  const real = b.real.slice();
  const imaginary = b.imaginary.slice();
  const subtract = (to: number, from: number, coupling: ComplexVector, at: number): void => {
    const [c, s] = [coupling.real[at]!, coupling.imaginary[at]!];
    real[to]! -= c * x.real[from]! - s * x.imaginary[from]!;
    imaginary[to]! -= c * x.imaginary[from]! + s * x.real[from]!;
  };
  for (let i = 0; i < rows * columns; i++) {
    subtract(i, i, diagonal, i);
    if ((i + 1) % columns !== 0) {
      subtract(i, i + 1, right, i);
      subtract(i + 1, i, right, i);
    }
    if (i + columns < rows * columns) {
      subtract(i, i + columns, down, i);
      subtract(i + columns, i, down, i);
    }
  }
  return { real, imaginary };
};
