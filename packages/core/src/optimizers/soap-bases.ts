/** @file The Gram matrices of SOAP and the bases of their eigenvectors, which are computed on the host. */
import type { StackShape } from './matrices.ts';
import { orthonormalRows } from './orthonormal-rows.ts';
import { symmetricEigenvectors } from './symmetric-eigenvectors.ts';

/** The square matrices for one side of a stack of matrices, and where they are in the vector of all such matrices. */
export interface Side {
  /** The index of the stack. */
  readonly stack: number;
  /** 1 for the rows of the stack's matrices, 2 for the columns. */
  readonly axis: 1 | 2;
  readonly count: number;
  readonly size: number;
  readonly start: number;
}

/** The sides with a basis: those of at most `maxSize` features. */
export const sidesOf = (shapes: readonly StackShape[], maxSize: number): readonly Side[] => {
  const sides: Side[] = [];
  let start = 0;
  for (const [stack, shape] of shapes.entries())
    for (const axis of [1, 2] as const) {
      const [count, size] = [shape[0], shape[axis]];
      if (size > maxSize) continue;
      sides.push({ stack, axis, count, size, start });
      start += count * size * size;
    }
  return sides;
};

/** The length of the vector of all matrices of some sides. */
export const totalLength = (sides: readonly Side[]): number =>
  sides.reduce((total, { count, size }) => total + count * size * size, 0);

/** Calls a function for each matrix of each side, with its range in the vector. */
const eachMatrix = (sides: readonly Side[], call: (side: Side, start: number, end: number) => void): void => {
  for (const side of sides)
    for (let index = 0; index < side.count; index++) {
      const area = side.size * side.size;
      call(side, side.start + index * area, side.start + (index + 1) * area);
    }
};

/** Smaller matrices take negligible time. */
const YIELD_SIZE = 64;

/** Lets timers and signals run: one of the largest matrices takes a fifth of a second. */
const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** The bases Q', whose rows are the eigenvectors. @param grams the vector of all Gram matrices */
export const initialBases = async (sides: readonly Side[], grams: Float32Array): Promise<Float32Array> => {
  const bases = new Float32Array(grams.length);
  const ranges: (readonly [size: number, start: number, end: number])[] = [];
  eachMatrix(sides, ({ size }, start, end) => ranges.push([size, start, end]));
  for (const [size, start, end] of ranges) {
    bases.set(symmetricEigenvectors(grams.subarray(start, end), size), start);
    if (size > YIELD_SIZE) await nextTask();
  }
  return bases;
};

/** The standard bases: identity matrices. */
export const standardBases = (sides: readonly Side[]): Float32Array => {
  const bases = new Float32Array(totalLength(sides));
  eachMatrix(sides, ({ size }, start, end) => {
    for (let i = start; i < end; i += size + 1) bases[i] = 1;
  });
  return bases;
};

/** One step of the power iteration, before the factorisation. */
export interface IteratedBases {
  /** The vector of the products, each matrix with its rows in the new order. */
  readonly rows: Float32Array;
  /** For each side and matrix, the previous index of each new row, in descending order of the eigenvalues. */
  readonly orders: ReadonlyMap<Side, readonly (readonly number[])[]>;
}

/**
 * Sorts the rows of the products of bases with Gram matrices by the eigenvalue estimates q' G q: Vyas et al. 2024,
 * algorithm 4.
 *
 * @param bases the vector of the previous bases Q', whose rows are the basis vectors
 * @param products the vector of Q' G
 */
export const iteratedBases = (sides: readonly Side[], bases: Float32Array, products: Float32Array): IteratedBases => {
  const rows = new Float32Array(products.length);
  const orders = new Map<Side, number[][]>(sides.map(side => [side, []]));
  eachMatrix(sides, (side, start, end) => {
    const { size } = side;
    const estimates = new Float64Array(size);
    for (let i = start; i < end; i++) estimates[Math.floor((i - start) / size)]! += bases[i]! * products[i]!;
    const order = Array.from(estimates.keys()).sort((i, j) => estimates[j]! - estimates[i]!);
    orders.get(side)?.push(order);
    for (const [row, from] of order.entries())
      rows.set(products.subarray(start + from * size, start + (from + 1) * size), start + row * size);
  });
  return { rows, orders };
};

/** Orthonormal bases of the rows of a side's matrices, on the host. @param rows of this side */
export const orthonormalBases = (side: Side, rows: Float32Array): Float32Array => {
  const bases = new Float32Array(rows.length);
  eachMatrix([{ ...side, start: 0 }], ({ size }, start, end) =>
    bases.set(orthonormalRows(rows.subarray(start, end), size), start),
  );
  return bases;
};

/**
 * Reorders the rows and columns of a stack's matrices.
 *
 * @param values row-major `[count, rows, columns]`
 * @param rowOrders for each matrix; unchanged if absent
 */
export const reordered = (
  values: Float32Array,
  [count, rows, columns]: StackShape,
  rowOrders: readonly (readonly number[])[] | undefined,
  columnOrders: readonly (readonly number[])[] | undefined,
): Float32Array => {
  const result = new Float32Array(values.length);
  for (let index = 0, i = 0; index < count; index++) {
    const [rowOrder, columnOrder] = [rowOrders?.[index], columnOrders?.[index]];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) {
        const [fromRow, fromColumn] = [rowOrder?.[row] ?? row, columnOrder?.[column] ?? column];
        result[i] = values[(index * rows + fromRow) * columns + fromColumn]!;
      }
  }
  return result;
};
