import {
  customGrad,
  gather,
  matMul,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';

/** Whether the columns are consecutive. */
const isRange = (columns: readonly number[]): boolean =>
  columns.every((column, index) => column === (columns[0] as number) + index);

/** The inverse of a permutation; `undefined` for columns that are not a permutation. */
const inverseOf = (columns: readonly number[], inFeatures: number): number[] | undefined => {
  if (columns.length !== inFeatures) return undefined;
  const places = new Array<number>(inFeatures).fill(-1);
  for (const [place, column] of columns.entries()) places[column] = place;
  return places.includes(-1) ? undefined : places;
};

const gathered = (x: Tensor, columns: readonly number[]): Tensor =>
  gather(x, tensor1d([...columns], 'int32'), x.rank - 1);

/**
 * Sums each input column's gradients over all of its uses, as a product with a 0/1 matrix: the gradient of tfjs's
 * `gather` loops over all rows on some backends.
 */
const summedByColumn = (g: Tensor, columns: readonly number[], inFeatures: number): Tensor => {
  const ones = new Float32Array(columns.length * inFeatures);
  for (const [place, column] of columns.entries()) ones[place * inFeatures + column] = 1;
  const sums = matMul(reshape(g, [-1, columns.length]), tensor2d(ones, [columns.length, inFeatures]));
  return reshape(sums, [...g.shape.slice(0, -1), inFeatures]);
};

/** Feature j is feature `columns[j]` of the input. */
export const columnsJet = ({ value, first, second }: LayerJet, columns: readonly number[]): LayerJet => {
  const inFeatures = value.shape[1];
  const inverse = inverseOf(columns, inFeatures);
  const pick = (x: Tensor): Tensor => {
    const shape = [...x.shape.slice(0, -1), columns.length];
    if (isRange(columns)) return slice(x, [...shape.slice(1).map(() => 0), columns[0] as number], shape);
    const run = customGrad(input => ({
      value: gathered(input as Tensor, columns),
      gradFunc: g => (inverse ? gathered(g, inverse) : summedByColumn(g, columns, inFeatures)),
    }));
    return run(x);
  };
  return {
    value: pick(value) as Tensor2D,
    ...(first && { first: pick(first) as Tensor3D }),
    ...(second && { second: pick(second) as Tensor3D }),
  };
};
