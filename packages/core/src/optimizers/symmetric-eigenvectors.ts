/**
 * @file Eigenvectors of symmetric matrices in float64: Golub and Van Loan, Matrix Computations, 4th edition, 2013,
 *   section 8.3: a tridiagonal matrix by reflections, then implicit QR steps.
 */
import { applyReflection, reflectionOf } from './reflections.ts';

/** Off-diagonal elements below this share of the largest element are zero. */
const TOLERANCE = 2 ** -52;
/** The maximum number of QR steps per row, as in LAPACK's dsteqr; about two are needed. */
const MAX_STEPS = 30;

/** T = Q' A Q. */
interface Tridiagonal {
  /** The diagonal of T. */
  readonly d: Float64Array;
  /** The elements next to the diagonal. */
  readonly e: Float64Array;
  /** The columns of Q, one after the other. */
  readonly columns: Float64Array;
}

/** Algorithm 8.3.1, with Q accumulated backwards. @param a symmetric `[n, n]`; overwritten */
const tridiagonalise = (a: Float64Array, n: number): Tridiagonal => {
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  const factors = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k + 1 < n; k++) {
    // By symmetry, row k is the column that is reflected onto its first element.
    const from = k * n;
    d[k] = a[from + k]!;
    const [factor, first] = reflectionOf(a, from + k + 1, from + n);
    e[k] = first;
    factors[k] = factor;
    if (factor === 0) continue;
    let along = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * a[from + j]!;
      p[i] = factor * sum;
      along += p[i]! * a[from + i]!;
    }
    for (let i = k + 1; i < n; i++) p[i]! -= ((factor * along) / 2) * a[from + i]!;
    for (let i = k + 1; i < n; i++) {
      const [vi, pi] = [a[from + i]!, p[i]!];
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= vi * p[j]! + pi * a[from + j]!;
    }
  }
  d[n - 1] = a[n * n - 1]!;
  const columns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) columns[i * n + i] = 1;
  for (let k = n - 2; k >= 0; k--)
    for (let column = k + 1; column < n; column++)
      applyReflection(a, k * n + k + 1, factors[k]!, columns, column * n + k + 1, n - k - 1);
  return { d, e, columns };
};

/** One implicit QR step with Wilkinson's shift on rows `low` to `high`, algorithm 8.3.2; rotates the columns too. */
const step = ({ d, e, columns }: Tridiagonal, n: number, low: number, high: number): void => {
  const half = (d[high - 1]! - d[high]!) / 2;
  const off = e[high - 1]!;
  const shift = d[high]! - off ** 2 / (half + (half < 0 ? -1 : 1) * Math.hypot(half, off));
  let x = d[low]! - shift;
  let z = e[low]!;
  for (let k = low; k < high; k++) {
    const length = Math.hypot(x, z);
    const [c, s] = length === 0 ? [1, 0] : [x / length, z / length];
    if (k > low) e[k - 1] = length;
    const [above, beside, below] = [d[k]!, e[k]!, d[k + 1]!];
    d[k] = c * c * above + 2 * c * s * beside + s * s * below;
    d[k + 1] = s * s * above - 2 * c * s * beside + c * c * below;
    e[k] = (c * c - s * s) * beside + c * s * (below - above);
    x = e[k]!;
    if (k + 1 < high) {
      z = s * e[k + 1]!;
      e[k + 1]! *= c;
    }
    const [first, second] = [k * n, (k + 1) * n];
    for (let i = 0; i < n; i++) {
      const [p, q] = [columns[first + i]!, columns[second + i]!];
      columns[first + i] = c * p + s * q;
      columns[second + i] = c * q - s * p;
    }
  }
};

const identityRows = (n: number): Float32Array => Float32Array.from({ length: n * n }, (_, i) => +(i % (n + 1) === 0));

/**
 * The eigenvectors of a symmetric matrix as the rows of a matrix, those of the largest eigenvalues first. The identity
 * where the matrix is not finite: whatever has made it so is reported by others.
 *
 * @param matrix row-major `[n, n]`
 * @returns row-major `[n, n]`
 */
export const symmetricEigenvectors = (matrix: Float32Array, n: number): Float32Array => {
  if (!matrix.every(Number.isFinite)) return identityRows(n);
  const found = tridiagonalise(Float64Array.from(matrix), n);
  const { d, e, columns } = found;
  const scale = d.reduce((most, value, i) => Math.max(most, Math.abs(value), Math.abs(e[i]!)), 0);
  const isZero = (k: number): boolean => Math.abs(e[k]!) <= TOLERANCE * scale;
  for (let high = n - 1, steps = 0; high > 0 && steps < MAX_STEPS * n; ) {
    if (isZero(high - 1)) {
      high -= 1;
      continue;
    }
    let low = high - 1;
    while (low > 0 && !isZero(low - 1)) low -= 1;
    step(found, n, low, high);
    steps += 1;
  }
  const order = Array.from(d.keys()).sort((i, j) => d[j]! - d[i]!);
  const result = new Float32Array(n * n);
  for (const [row, from] of order.entries()) result.set(columns.subarray(from * n, (from + 1) * n), row * n);
  return result;
};
