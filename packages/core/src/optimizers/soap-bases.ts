/** @file The Gram matrices of SOAP and the bases of their eigenvectors, which are computed on the host. */
import type { StackShape } from './matrices.ts';
import { orthonormalBasis } from './orthonormal-basis.ts';
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

/** Calls with each matrix of each side, as its range in the vector. */
const eachMatrix = (
  sides: readonly Side[],
  call: (side: Side, index: number, start: number, end: number) => void,
): void => {
  for (const side of sides)
    for (let index = 0; index < side.count; index++) {
      const area = side.size * side.size;
      call(side, index, side.start + index * area, side.start + (index + 1) * area);
    }
};

/** The bases of eigenvectors. @param grams the vector of all Gram matrices */
export const initialBases = (sides: readonly Side[], grams: Float32Array): Float32Array => {
  const bases = new Float32Array(grams.length);
  eachMatrix(sides, ({ size }, _, start, end) =>
    bases.set(symmetricEigenvectors(grams.subarray(start, end), size), start),
  );
  return bases;
};

/** Renewed bases. */
export interface RenewedBases {
  readonly bases: Float32Array;
  /** The previous basis vector that each new one continues, by side and matrix: the largest eigenvalue first. */
  readonly orders: ReadonlyMap<Side, readonly (readonly number[])[]>;
}

/**
 * One step of the power iteration for each basis, and its QR factorisation: Vyas et al. 2024, algorithm 4.
 *
 * @param bases the vector of the previous bases Q
 * @param products the vector of the Gram matrices times Q
 */
export const renewedBases = (sides: readonly Side[], bases: Float32Array, products: Float32Array): RenewedBases => {
  const renewed = new Float32Array(bases.length);
  const orders = new Map<Side, number[][]>(sides.map(side => [side, []]));
  eachMatrix(sides, (side, _, start, end) => {
    const { size } = side;
    const product = products.subarray(start, end);
    const estimates = new Float64Array(size);
    for (let i = 0; i < product.length; i++) estimates[i % size]! += bases[start + i]! * product[i]!;
    const order = Array.from(estimates.keys()).sort((i, j) => estimates[j]! - estimates[i]!);
    orders.get(side)?.push(order);
    renewed.set(orthonormalBasis(product, order), start);
  });
  return { bases: renewed, orders };
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
