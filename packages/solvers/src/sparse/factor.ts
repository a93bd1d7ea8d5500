/**
 * @file The multifrontal method: A = L D L^T of a sparse symmetric matrix, as a sequence of small dense eliminations.
 *   Each front assembles the matrix elements of its pivots and the update matrices of its children, eliminates its
 *   pivots, and passes the rest to its parent as its own update matrix. Duff and Reid 1983, "The multifrontal solution
 *   of indefinite sparse symmetric linear equations"; here without pivoting, for which the caller compensates by
 *   iterative refinement.
 */
import { createYieldPoint, type RunOptions } from '../run-options.ts';
import type { ComplexVector } from './complex-vector.ts';
import { dissect, type Front } from './dissection.ts';
import { eliminate, type FrontalMatrix, frontalZeros } from './frontal-matrix.ts';
import type { GridSystem } from './grid-system.ts';

/** A factor of a {@link GridSystem}. */
export interface GridFactor {
  /** Solves A x = b, in position. */
  readonly solve: (b: ComplexVector) => void;
}

/** The rows of a front's pivots, each from the diagonal on, packed one after another. */
interface FrontFactor {
  readonly indices: Int32Array;
  readonly pivots: number;
  readonly rows: ComplexVector;
}

/** The number of factor elements in a front's rows. */
const rowElements = ({ pivots, border }: Front): number =>
  (pivots.length * (2 * (pivots.length + border.length) - pivots.length + 1)) / 2;

/** The memory of a factorisation, in bytes: of the factor, and the peak while it is computed. */
export interface FactorSize {
  readonly factorBytes: number;
  readonly peakBytes: number;
}

const COMPLEX_BYTES = 16;

/** Predicts the memory that {@link factorGrid} takes. */
export const factorSize = (rows: number, columns: number): FactorSize => {
  let factor = 0;
  let peak = 0;
  const pending: number[] = [];
  for (const front of dissect(rows, columns)) {
    const order = front.pivots.length + front.border.length;
    const stored = pending.reduce((sum, size) => sum + size, 0);
    peak = Math.max(peak, factor + stored + order ** 2 + rowElements(front) + front.border.length ** 2);
    pending.length -= front.children;
    pending.push(front.border.length ** 2);
    factor += rowElements(front);
  }
  return { factorBytes: factor * COMPLEX_BYTES, peakBytes: peak * COMPLEX_BYTES };
};

/** The contribution of a front to its parent: a matrix over its border. */
interface UpdateMatrix {
  readonly indices: Int32Array;
  readonly matrix: FrontalMatrix;
}

/** Adds the elements of the system matrix in the rows of the pivots. */
const gatherSystem = (matrix: FrontalMatrix, front: Front, system: GridSystem, position: Int32Array): void => {
  const { columns, diagonal, right, down } = system;
  const { order, real, imaginary } = matrix;
  const add = (k: number, neighbour: number, coupling: ComplexVector, at: number): void => {
    const j = position[neighbour]!;
    // A point outside the front has been eliminated already, and an element left of the diagonal is stored in the other
    // point's row.
    if (j < k) return;
    real[k * order + j]! += coupling.real[at]!;
    imaginary[k * order + j]! += coupling.imaginary[at]!;
  };
  front.pivots.forEach((point, k) => {
    const column = point % columns;
    add(k, point, diagonal, point);
    if (column + 1 < columns) add(k, point + 1, right, point);
    if (column > 0) add(k, point - 1, right, point - 1);
    if (point + columns < diagonal.real.length) add(k, point + columns, down, point);
    if (point >= columns) add(k, point - columns, down, point - columns);
  });
};

/** Adds the update matrix of a child. */
const gatherChild = (matrix: FrontalMatrix, child: UpdateMatrix, position: Int32Array): void => {
  const { order } = child.matrix;
  for (let i = 0; i < order; i++) {
    const row = position[child.indices[i]!]!;
    for (let j = i; j < order; j++) {
      const column = position[child.indices[j]!]!;
      const at = row < column ? row * matrix.order + column : column * matrix.order + row;
      matrix.real[at]! += child.matrix.real[i * order + j]!;
      matrix.imaginary[at]! += child.matrix.imaginary[i * order + j]!;
    }
  }
};

/** Splits an eliminated matrix into the rows of its pivots and the update matrix. */
const split = (
  matrix: FrontalMatrix,
  front: Front,
  indices: Int32Array,
): { factor: FrontFactor; update: UpdateMatrix } => {
  const { order } = matrix;
  const pivots = front.pivots.length;
  const take = (values: Float64Array): Float64Array => {
    const rows = new Float64Array(rowElements(front));
    let at = 0;
    for (let k = 0; k < pivots; k++) {
      rows.set(values.subarray(k * order + k, (k + 1) * order), at);
      at += order - k;
    }
    return rows;
  };
  const rest = frontalZeros(order - pivots);
  for (let i = 0; i < rest.order; i++) {
    const from = (pivots + i) * order + pivots;
    rest.real.set(matrix.real.subarray(from, from + rest.order), i * rest.order);
    rest.imaginary.set(matrix.imaginary.subarray(from, from + rest.order), i * rest.order);
  }
  return {
    factor: { indices, pivots, rows: { real: take(matrix.real), imaginary: take(matrix.imaginary) } },
    update: { indices: front.border, matrix: rest },
  };
};

/** Solves L z = b in the unknowns of one front. */
const forward = ({ indices, pivots, rows }: FrontFactor, { real, imaginary }: ComplexVector): void => {
  let at = 0;
  for (let k = 0; k < pivots; k++) {
    const [dr, di] = [rows.real[at]!, rows.imaginary[at]!];
    const norm = dr * dr + di * di;
    const [br, bi] = [real[indices[k]!]!, imaginary[indices[k]!]!];
    const [zr, zi] = [(br * dr + bi * di) / norm, (bi * dr - br * di) / norm];
    at++;
    for (let j = k + 1; j < indices.length; j++, at++) {
      const to = indices[j]!;
      real[to]! -= rows.real[at]! * zr - rows.imaginary[at]! * zi;
      imaginary[to]! -= rows.real[at]! * zi + rows.imaginary[at]! * zr;
    }
  }
};

/** Solves D L^T x = z in the unknowns of one front. */
const backward = ({ indices, pivots, rows }: FrontFactor, { real, imaginary }: ComplexVector): void => {
  let at = rows.real.length;
  for (let k = pivots - 1; k >= 0; k--) {
    at -= indices.length - k;
    const row = indices[k]!;
    let [sr, si] = [real[row]!, imaginary[row]!];
    for (let j = k + 1, element = at + 1; j < indices.length; j++, element++) {
      const from = indices[j]!;
      sr -= rows.real[element]! * real[from]! - rows.imaginary[element]! * imaginary[from]!;
      si -= rows.real[element]! * imaginary[from]! + rows.imaginary[element]! * real[from]!;
    }
    const [dr, di] = [rows.real[at]!, rows.imaginary[at]!];
    const norm = dr * dr + di * di;
    real[row] = (sr * dr + si * di) / norm;
    imaginary[row] = (si * dr - sr * di) / norm;
  }
};

/**
 * Factorises the matrix of a grid system.
 *
 * @throws the signal's reason when it is aborted
 */
export const factorGrid = async (system: GridSystem, options: RunOptions = {}): Promise<GridFactor> => {
  const yieldPoint = createYieldPoint(options);
  const fronts = dissect(system.rows, system.columns);
  const workOf = ({ pivots, border }: Front): number => pivots.length * (pivots.length + border.length) ** 2;
  const work = fronts.reduce((sum, front) => sum + workOf(front), 0);
  const position = new Int32Array(system.rows * system.columns).fill(-1);
  const factors: FrontFactor[] = [];
  const pending: UpdateMatrix[] = [];
  let done = 0;
  for (const front of fronts) {
    const indices = Int32Array.from([...front.pivots, ...front.border]);
    indices.forEach((point, i) => {
      position[point] = i;
    });
    const matrix = frontalZeros(indices.length);
    gatherSystem(matrix, front, system, position);
    for (const child of pending.splice(pending.length - front.children, front.children))
      gatherChild(matrix, child, position);
    eliminate(matrix, front.pivots.length);
    const { factor, update } = split(matrix, front, indices);
    factors.push(factor);
    pending.push(update);
    for (const point of indices) position[point] = -1;
    done += workOf(front);
    await yieldPoint(done / work);
  }
  return {
    solve: b => {
      for (const factor of factors) forward(factor, b);
      for (let i = factors.length - 1; i >= 0; i--) backward(factors[i]!, b);
    },
  };
};
