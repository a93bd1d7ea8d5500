/** @file Rotates the vectors of SOAP into the bases of its Gram matrices and back: matrix products on the backend. */
import {
  add,
  concat1d,
  matMul,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
  tensor3d,
  tidy,
} from '@tensorflow/tfjs-core';
import { fusedOrthonormalRows } from '../backend/orthonormal-rows.ts';
import type { MatrixPartition } from './matrices.ts';
import { iteratedBases, orthonormalBases, reordered, type Side } from './soap-bases.ts';

/** The rotation of the matrices in a vector. Vectors of Gram matrices, and of bases Q', have the order of `sides`. */
export interface Rotation {
  /** G' = Q_L' G Q_R for each matrix; with `isBack`, Q_L G Q_R'. */
  rotate(vector: Tensor1D, bases: Tensor1D, isBack?: boolean): Tensor1D;
  /** L = b L + (1 - b) G G' for the rows, R = b R + (1 - b) G' G for the columns. */
  nextGrams(grams: Tensor1D, gradient: Tensor1D, beta: number): Tensor1D;
  /** Where the matrices are; see `SoapUpdate`. */
  readonly matrices: readonly number[];
  /** The renewed bases, and the moments in them. The caller disposes of them. */
  renew(moments: Moments): Promise<Pick<Moments, 'first' | 'second' | 'bases'>>;
}

/** The state of SOAP. */
export interface Moments {
  /** In the bases, like `second`. */
  readonly first: Tensor1D;
  readonly second: Tensor1D;
  readonly grams: Tensor1D;
  readonly bases: Tensor1D;
}

const sideOf = (sides: readonly Side[], stack: number, axis: 1 | 2): Side | undefined =>
  sides.find(side => side.stack === stack && side.axis === axis);

/** A side's matrices `f32[count, size, size]`, from the vector of all sides. */
const takeSide = (vector: Tensor1D, { start, count, size }: Side): Tensor3D =>
  reshape(slice(vector, start, count * size * size), [count, size, size]);

/** The orthonormal bases of a side's rows, from the vector of all: by a kernel where the backend has one. */
const renewedSide = (all: Float32Array, side: Side): Tensor3D => {
  const { start, count, size } = side;
  const shape: [number, number, number] = [count, size, size];
  const own = all.subarray(start, start + count * size * size);
  return fusedOrthonormalRows(tensor3d(own, shape)) ?? tensor3d(orthonormalBases(side, own), shape);
};

const flat = (tensor: Tensor): Tensor1D => reshape(tensor, [tensor.size]);

/** The `matrices` of `SoapUpdate`. */
const placesOf = ({ shapes, starts }: MatrixPartition, sides: readonly Side[]): readonly number[] => {
  const places = shapes.flatMap(([, rows, columns], stack) =>
    (starts[stack] as readonly number[]).map((start, index) => {
      const gramStarts = ([1, 2] as const).map(axis => {
        const side = sideOf(sides, stack, axis);
        return side ? side.start + index * side.size * side.size : -1;
      });
      return [start, rows, columns, ...gramStarts] as const;
    }),
  );
  return places.sort(([a], [b]) => a - b).flat();
};

/** The rotation of the matrices of a partition. @param sides those with a basis, at least one */
export const rotationOf = (parts: MatrixPartition, sides: readonly Side[]): Rotation => {
  const rotate: Rotation['rotate'] = (vector, bases, isBack = false) => {
    const { stacks, rest } = parts.take(vector);
    const rotated = stacks.map((stack, index) =>
      sides
        .filter(side => side.stack === index)
        .reduce<Tensor3D>((x, side) => {
          const basis = takeSide(bases, side);
          return side.axis === 1 ? matMul(basis, x, isBack) : matMul(x, basis, false, !isBack);
        }, stack),
    );
    return parts.join({ stacks: rotated, rest });
  };
  return {
    rotate,
    nextGrams(grams, gradient, beta) {
      const { stacks } = parts.take(gradient);
      return concat1d(
        sides.map(side => {
          const g = stacks[side.stack] as Tensor3D;
          const product = matMul(g, g, side.axis === 2, side.axis === 1);
          return flat(add(mul(takeSide(grams, side), beta), mul(product, 1 - beta)));
        }),
      );
    },
    matrices: placesOf(parts, sides),
    async renew({ first, second, grams, bases }) {
      const read = tidy(() => {
        const products = sides.map(side => flat(matMul(takeSide(bases, side), takeSide(grams, side))));
        return [concat1d(products), ...parts.take(second).stacks];
      });
      try {
        const values = (await Promise.all([bases, ...read].map(tensor => tensor.data()))) as Float32Array[];
        const [before, products, ...stacks] = values as [Float32Array, Float32Array, ...Float32Array[]];
        const { rows, orders } = iteratedBases(sides, before, products);
        const [nextFirst, nextSecond, nextBases] = tidy(() => {
          const next = concat1d(sides.map(side => flat(renewedSide(rows, side))));
          const permuted = parts.shapes.map((shape, index) => {
            const ordersOf = (axis: 1 | 2): readonly (readonly number[])[] | undefined =>
              orders.get(sideOf(sides, index, axis) as Side);
            return tensor3d(reordered(stacks[index] as Float32Array, shape, ordersOf(1), ordersOf(2)), [...shape]);
          });
          const { rest } = parts.take(second);
          return [rotate(rotate(first, bases, true), next), parts.join({ stacks: permuted, rest }), next];
        }) as [Tensor1D, Tensor1D, Tensor1D];
        return { first: nextFirst, second: nextSecond, bases: nextBases };
      } finally {
        for (const tensor of read) tensor.dispose();
      }
    },
  };
};
