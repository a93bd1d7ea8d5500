/** @file The jet of features at points. */
import { type JetShape, type LayerJet, mixedForms, quadraticForms, weightedRows } from '@neural-fields/core/layers';
import {
  add,
  addN,
  cast,
  clipByValue,
  concat,
  customGrad,
  div,
  fill,
  floor,
  gather,
  mul,
  neg,
  pow,
  relu,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor1d,
  transpose,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { SupportLists } from './support-lists.ts';

/** The last axis at one index. */
const column = (x: Tensor, index: number): Tensor => {
  const begin = [...x.shape.slice(1).map(() => 0), index];
  return slice(x, begin, [...x.shape.slice(0, -1), 1]);
};

/** The rows of `geometry` for the list of the cell of each point, without a gradient: `f32[n, length, axes + 2]`. */
const candidates = (
  x: Tensor2D,
  geometry: Tensor,
  lists: Tensor,
  { low, scale, cells, length }: SupportLists,
): Tensor3D => {
  const run = customGrad(given => {
    const place = floor(mul(sub(given as Tensor2D, tensor1d([...low])), tensor1d([...scale])));
    const index = low.reduce<Tensor>(
      (total, _, axis) => {
        const stride = cells.slice(0, axis).reduce((product, n) => product * n, 1);
        const clipped = clipByValue(column(place, axis), 0, (cells[axis] as number) - 1);
        return add(total, mul(clipped, stride));
      },
      zeros([x.shape[0], 1]),
    );
    const rows = gather(lists, cast(reshape(index, [x.shape[0]]), 'int32') as Tensor1D);
    const found = gather(geometry, cast(reshape(rows, [x.shape[0] * length]), 'int32') as Tensor1D);
    return {
      value: reshape(found, [x.shape[0], length, low.length + 2]),
      gradFunc: () => zerosLike(x) as Tensor,
    };
  });
  return run(x) as Tensor3D;
};

/** What the jet needs besides the input. */
interface PointFeatures {
  readonly lists: SupportLists;
  readonly background: number;
  readonly shape: JetShape;
}

/** The jets of the kernels of all points in a list: `f32[n, length]`, `f32[d, n, length]`, `f32[m, n, length]`. */
const kernelJet = ({ value: x, first, second }: LayerJet, found: Tensor3D, { forms }: JetShape): LayerJet => {
  const [n, length] = found.shape;
  const axes = x.shape[1];
  const flat = (part: Tensor): Tensor2D => reshape(part, [n, length]);
  const inverse = flat(column(found, axes));
  const offsets = Array.from({ length: axes }, (_, axis) =>
    mul(sub(column(x, axis), flat(column(found, axis))), inverse),
  );
  // With s = |x - p|^2 / r^2: ds = sum_a 2 u_a / r dx_a.
  const slopes = offsets.map(offset => mul(mul(offset, inverse), 2));
  const along = (part: Tensor3D): Tensor3D => addN(slopes.map((slope, axis) => mul(column(part, axis), slope)));
  const inside = relu(sub(1, addN(offsets.map(square)))) as Tensor2D;
  const slope = mul(square(inside), -3);
  const s1 = first && along(first);
  const curvature =
    first &&
    forms &&
    addN(
      Array.from({ length: axes }, (_, axis) =>
        mul(quadraticForms(column(first, axis), forms), mul(square(inverse), 2)),
      ),
    );
  const s2 = second && curvature ? add(along(second), curvature) : second ? along(second) : curvature;
  const bent = s1 && forms && mul(quadraticForms(s1, forms), mul(inside, 6));
  return {
    value: pow(inside, 3) as Tensor2D,
    ...(s1 && { first: mul(s1, slope) as Tensor3D }),
    ...(s2 && bent && { second: add(mul(s2, slope), bent) as Tensor3D }),
  };
};

/** The jet of sum_i w_i F_i / sum_i w_i, with the weight of empty space. */
export const pointFeaturesJet = (
  inputs: readonly LayerJet[],
  arrays: readonly Tensor[],
  { lists, background, shape }: PointFeatures,
): LayerJet => {
  const input = inputs[0] as LayerJet;
  const [table, geometry, listTensor] = arrays as [Tensor2D, Tensor2D, Tensor2D];
  const { forms } = shape;
  const [n, axes] = input.value.shape;
  const found = candidates(input.value, geometry, listTensor, lists);
  const kernels = kernelJet(input, found, shape);
  const empty = table.shape[0] - 1;
  const rows = concat(
    [cast(reshape(column(found, axes + 1), [n, lists.length]), 'int32'), fill([n, 1], empty, 'int32')],
    1,
  );
  /** Weights `f32[c, n, length]` with a column for empty space. */
  const wide = (part: Tensor, value: number): Tensor => concat([part, fill([part.shape[0] as number, n, 1], value)], 2);
  const parts = [
    wide(reshape(kernels.value, [1, n, lists.length]), background),
    ...(kernels.first ? [wide(kernels.first, 0)] : []),
    ...(kernels.second ? [wide(kernels.second, 0)] : []),
  ];
  const weights = concat(parts, 0);
  const sums = sum(weights, 2, true) as Tensor3D;
  const products = transpose(
    weightedRows(table, rows, transpose(weights as Tensor3D, [1, 0, 2])),
    [1, 0, 2],
  ) as Tensor3D;
  const pick = (all: Tensor3D, start: number, count: number): Tensor3D => slice(all, [start, 0, 0], [count, -1, -1]);
  const firsts = kernels.first?.shape[0] ?? 0;
  const seconds = kernels.second?.shape[0] ?? 0;
  const total = pick(sums, 0, 1);
  const value = div(pick(products, 0, 1), total) as Tensor3D;
  const result = { value: reshape(value, [n, table.shape[1]]) as Tensor2D };
  if (firsts === 0) return result;
  // N = f D: N1 = f1 D + f D1, N2 = f2 D + f D2 + 2 sum_kl A_kl f1_k D1_l.
  const total1 = pick(sums, 1, firsts);
  const first = div(sub(pick(products, 1, firsts), mul(value, total1)), total) as Tensor3D;
  if (seconds === 0 || forms === undefined) return { ...result, first };
  const straight = sub(pick(products, 1 + firsts, seconds), mul(value, pick(sums, 1 + firsts, seconds)));
  const second = div(add(straight, neg(mixedForms(first, total1, forms))), total) as Tensor3D;
  return { ...result, first, second };
};
