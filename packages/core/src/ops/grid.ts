/**
 * @file Interpolates a table of features at the vertices of grids over the box [-1, 1]^D, linearly along each axis.
 *
 * With u = (x + 1) / 2 resolution, the cell c = floor(u) and t = u - c, the feature is the sum over the 2^D corners b
 * of the cell
 *
 *     sum_b prod_i w_b,i(t_i) T[row(c + b)],   w_b,i = t_i or 1 - t_i
 *
 * (Mueller et al. 2022, arXiv:2201.05989, section 3). Its derivatives are those of the products of weights: it is
 * linear along each axis, so only the mixed second derivatives are nonzero, and the first derivatives jump between
 * cells. Outside the box the outermost cell is extrapolated.
 */
import {
  add,
  bitwiseAnd,
  cast,
  clipByValue,
  customGrad,
  fill,
  floor,
  gather,
  matMul,
  mul,
  ones,
  reshape,
  scalar,
  scatterND,
  slice,
  stack,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import { mixedForms } from '../jets/quadratic-forms.ts';
import type { JetShape } from '../jets/request.ts';
import { concatJets } from './concat.ts';
import { HASH_PRIMES } from './grid-hash.ts';
import type { GridLevel } from './operation.ts';

/** The columns of `f32[n, D]`, each `f32[n]`. */
const axesOf = (x: Tensor2D): Tensor1D[] =>
  Array.from({ length: x.shape[1] }, (_, i) => reshape(slice(x, [0, i], [-1, 1]), [x.shape[0]]));

/** An int32 scalar. */
const integer = (value: number): Tensor => scalar(value, 'int32');

/** a xor b of integers. */
const xor = (a: Tensor, b: Tensor): Tensor => sub(add(a, b), mul(bitwiseAnd(a, b), integer(2)));

/** The table row of a vertex for each point, `int32[n]`; `vertex` has its coordinates axis by axis. */
const rowsOf = (vertex: readonly Tensor[], { resolution, firstRow, rows, hashed }: GridLevel): Tensor => {
  if (hashed) {
    const mixed = vertex.map((axis, i) => mul(axis, integer(HASH_PRIMES[i] as number))).reduce(xor);
    return add(bitwiseAnd(mixed, fill(mixed.shape, rows - 1, 'int32')), integer(firstRow));
  }
  const [first, ...others] = vertex as [Tensor, ...Tensor[]];
  const dense = others.reduce((row, axis, i) => add(row, mul(axis, integer((resolution + 1) ** (i + 1)))), first);
  return add(dense, integer(firstRow));
};

/**
 * sum_b coefficients[., c, b] T[rows[., b]]: `f32[n, C, F]`. The gradient of the table is scattered to the rows that
 * were read.
 *
 * @param table `f32[rows, F]`
 * @param rows `int32[n, B]`
 * @param coefficients `f32[n, C, B]`
 */
const interpolate = (table: Tensor2D, rows: Tensor, coefficients: Tensor3D): Tensor3D => {
  const [n, corners] = rows.shape as [number, number];
  const features = table.shape[1];
  const flatRows = reshape(rows, [n * corners]) as Tensor1D;
  const run = customGrad((...given) => {
    const [tableNow, weights, save] = given as [Tensor2D, Tensor3D, (tensors: Tensor[]) => void];
    const found: Tensor3D = reshape(gather(tableNow, flatRows), [n, corners, features]);
    save([weights, found, flatRows]);
    const { shape } = tableNow;
    return {
      value: matMul(weights, found) as Tensor3D,
      gradFunc(upstream: Tensor3D, saved: Tensor[]) {
        const [factors, looked, places] = saved as [Tensor3D, Tensor3D, Tensor1D];
        const parts = reshape(matMul(factors, upstream, true), [n * corners, features]);
        const tableGradient = scatterND(reshape(places, [n * corners, 1]), parts, shape);
        return [tableGradient, matMul(upstream, looked, false, true)];
      },
    };
  });
  return run(table, coefficients) as Tensor3D;
};

/** What to compute of a level. */
interface LevelRequest {
  readonly order: 0 | 1 | 2;
  /** Differentiate along this axis first; not at all if absent. */
  readonly axis?: number;
}

/**
 * One level: the value `f32[n, F]`, the first derivatives along the D axes, and the mixed second derivatives of each
 * pair i < j. With an `axis`, the same for its derivative along that axis.
 */
const levelOf = (
  x: Tensor2D,
  table: Tensor2D,
  level: GridLevel,
  { order, axis }: LevelRequest,
): { value: Tensor2D; firstDerivatives: Tensor2D[]; mixedDerivatives: Map<string, Tensor2D> } => {
  const { resolution } = level;
  const [n, axes] = x.shape;
  const features = table.shape[1];
  const u = mul(add(x, 1), resolution / 2);
  const cell = clipByValue(floor(u), 0, resolution - 1);
  const high = axesOf(sub(u, cell) as Tensor2D);
  const low = high.map(t => sub(1, t));
  const cells = axesOf(cell as Tensor2D).map(axis => cast(axis, 'int32'));
  const one = ones([n]);
  const minusOne = mul(one, -1);
  const corners = Array.from({ length: 2 ** axes }, (_, b) => Array.from({ length: axes }, (_, i) => (b >> i) & 1));
  const rows = stack(
    corners.map(corner =>
      rowsOf(
        cells.map((axis, i) => (corner[i] ? add(axis, integer(1)) : axis)),
        level,
      ),
    ),
    1,
  );
  /** The products of weights, differentiated along the given axes, for all corners: `f32[n, B]`. */
  const weights = (along: readonly number[]): Tensor =>
    stack(
      corners.map(corner =>
        corner
          .map((bit, i): Tensor => (along.includes(i) ? (bit ? one : minusOne) : ((bit ? high : low)[i] as Tensor)))
          .reduce((product, weight) => mul(product, weight)),
      ),
      1,
    );
  const pairs = Array.from({ length: axes }, (_, i) =>
    Array.from({ length: axes - i - 1 }, (_, j) => [i, i + j + 1]),
  ).flat();
  const sought = [[], ...(order >= 1 ? Array.from({ length: axes }, (_, i) => [i]) : []), ...(order >= 2 ? pairs : [])];
  const wanted = axis === undefined ? sought : sought.map(along => [axis, ...along]);
  const found = interpolate(table, rows, stack(wanted.map(weights), 1) as Tensor3D);
  const scaled = wanted.map((along, c): Tensor2D => {
    const part: Tensor2D = reshape(slice(found, [0, c, 0], [n, 1, features]), [n, features]);
    // It is linear along each axis.
    if (new Set(along).size < along.length) return zeros([n, features]);
    return along.length === 0 ? part : mul(part, (resolution / 2) ** along.length);
  });
  return {
    value: scaled[0] as Tensor2D,
    firstDerivatives: order >= 1 ? scaled.slice(1, 1 + axes) : [],
    mixedDerivatives: new Map(
      order >= 2 ? pairs.map((pair, index) => [pair.join(), scaled[1 + axes + index] as Tensor2D]) : [],
    ),
  };
};

/** Feature i of the derivatives of the input: `f32[k, n or 1, 1]`. */
const feature = (x: Tensor3D, i: number): Tensor3D => slice(x, [0, 0, i], [-1, -1, 1]);

const total = (parts: readonly Tensor[]): Tensor => parts.reduce((sum, part) => add(sum, part));

/** One level's part of {@link gridJet}. */
const levelJet = (
  { value: x, first, second }: LayerJet,
  table: Tensor2D,
  level: GridLevel,
  { order, forms }: JetShape,
  axis?: number,
): LayerJet => {
  const axes = x.shape[1];
  const { value, firstDerivatives, mixedDerivatives } = levelOf(x, table, level, {
    order,
    ...(axis !== undefined && { axis }),
  });
  const along = (z: Tensor3D): Tensor => total(firstDerivatives.map((derivative, i) => mul(feature(z, i), derivative)));
  const parts: Tensor[] = second ? [along(second)] : [];
  if (forms && first)
    for (let i = 0; i < axes; i++)
      for (let j = i + 1; j < axes; j++)
        parts.push(
          mul(mixedForms(feature(first, i), feature(first, j), forms), mixedDerivatives.get(`${i},${j}`) as Tensor2D),
        );
  return {
    value,
    ...(first && { first: along(first) as Tensor3D }),
    ...(parts.length > 0 && { second: total(parts) as Tensor3D }),
  };
};

/** The features of all levels, concatenated. */
export const gridJet = (input: LayerJet, table: Tensor, levels: readonly GridLevel[], shape: JetShape): LayerJet =>
  concatJets(levels.map(level => levelJet(input, table as Tensor2D, level, shape)));

/** The jet of the derivative of all features along one axis of the input, from their second and third derivatives. */
export const gridDerivativeJet = (
  input: LayerJet,
  table: Tensor,
  { levels, axis }: { readonly levels: readonly GridLevel[]; readonly axis: number },
  shape: JetShape,
): LayerJet => concatJets(levels.map(level => levelJet(input, table as Tensor2D, level, shape, axis)));
