/**
 * @file Interpolates a table of features at the vertices of grids over the box [-1, 1]^D.
 *
 * With u = (x + 1) / 2 resolution, the cell c = floor(u) and t = u - c, the feature is the sum over the 2^D corners b
 * of the cell
 *
 *     sum_b prod_i w_b,i(t_i) T[row(c + b)],   w_b,i = w(t_i) or 1 - w(t_i)
 *
 * (Mueller et al. 2022, arXiv:2201.05989, section 3), with w of `ops/grid-interpolation.ts`. Its derivatives are those
 * of the products of weights. Where it is linear along each axis, only the mixed second derivatives are nonzero, and
 * the first derivatives jump between cells. Outside the box the outermost cell is extrapolated.
 */
import {
  add,
  cast,
  clipByValue,
  floor,
  mul,
  onesLike,
  reshape,
  slice,
  stack,
  step,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import { mixedForms, quadraticForms } from '../jets/quadratic-forms.ts';
import type { JetShape } from '../jets/request.ts';
import { concatJets } from './concat.ts';
import { type GridInterpolation, weightPolynomial } from './grid-interpolation.ts';
import { integer, rowsOf } from './grid-rows.ts';
import type { GridLevel, GridOperation } from './operation.ts';
import { weightedRows } from './weighted-rows.ts';

/** The columns of `f32[n, D]`, each `f32[n]`. */
const axesOf = (x: Tensor2D): Tensor1D[] =>
  Array.from({ length: x.shape[1] }, (_, i) => reshape(slice(x, [0, i], [-1, 1]), [x.shape[0]]));

/** A polynomial by Horner's rule; `undefined` where it is 0. */
const polynomialOf = (t: Tensor, coefficients: readonly number[]): Tensor | undefined => {
  const [last, ...others] = [...coefficients].reverse();
  if (last === undefined) return undefined;
  return others.reduce<Tensor>(
    (sum, coefficient) => {
      const product = mul(sum, t);
      return coefficient === 0 ? product : add(product, coefficient);
    },
    mul(onesLike(t), last),
  );
};

/** What to compute of a level. */
interface LevelRequest {
  readonly order: 0 | 1 | 2;
  readonly interpolation: GridInterpolation;
  /** Differentiate along this axis first; not at all if absent. */
  readonly axis?: number;
}

/** Pairs of axes i <= j. */
const pairsOf = (axes: number): (readonly [number, number])[] =>
  Array.from({ length: axes }, (_, i) => Array.from({ length: axes - i }, (_, j) => [i, i + j] as const)).flat();

/**
 * One level: its value and its derivatives along the axes of each key, `''`, `i` or `i,j` with i <= j, each `f32[n,
 * F]`; absent where they are 0. With an `axis`, the same for its derivative along that axis.
 */
const levelOf = (
  x: Tensor2D,
  table: Tensor2D,
  level: GridLevel,
  { order, interpolation, axis }: LevelRequest,
): ReadonlyMap<string, Tensor2D> => {
  const { resolution } = level;
  const [n, axes] = x.shape;
  const features = table.shape[1];
  const u = mul(add(x, 1), resolution / 2);
  const cell = clipByValue(floor(u), 0, resolution - 1);
  const t = sub(u, cell);
  const place = axesOf((interpolation === 'nearest' ? step(sub(t, 0.5)) : t) as Tensor2D);
  const cells = axesOf(cell as Tensor2D).map(column => cast(column, 'int32'));
  const corners = Array.from({ length: 2 ** axes }, (_, b) => Array.from({ length: axes }, (_, i) => (b >> i) & 1));
  const rows = stack(
    corners.map(corner =>
      rowsOf(
        cells.map((column, i) => (corner[i] ? add(column, integer(1)) : column)),
        level,
      ),
    ),
    1,
  );
  /** The weights of the lower and the upper vertex along an axis, differentiated; `undefined` where they are 0. */
  const edge = (i: number, times: number): readonly [Tensor, Tensor] | undefined => {
    const upper = polynomialOf(place[i] as Tensor, weightPolynomial(interpolation, times));
    return upper && [times === 0 ? sub(1, upper) : mul(upper, -1), upper];
  };
  /** The products of weights, differentiated along the given axes, for all corners: `f32[n, B]`. */
  const weights = (along: readonly number[]): Tensor | undefined => {
    const edges = place.map((_, i) => edge(i, along.filter(other => other === i).length));
    if (edges.includes(undefined)) return undefined;
    return stack(
      corners.map(corner =>
        corner.map((bit, i) => edges[i]?.[bit] as Tensor).reduce((product, weight) => mul(product, weight)),
      ),
      1,
    );
  };
  const sought = [
    [],
    ...(order >= 1 ? place.map((_, i) => [i]) : []),
    ...(order >= 2 ? pairsOf(axes) : []),
  ] as readonly (readonly number[])[];
  const wanted = sought.flatMap(along => {
    const all = axis === undefined ? along : [axis, ...along];
    const products = weights(all);
    return products ? [{ key: along.join(), factor: (resolution / 2) ** all.length, products }] : [];
  });
  if (wanted.length === 0) return new Map();
  const found = weightedRows(
    table,
    rows,
    stack(
      wanted.map(({ products }) => products),
      1,
    ) as Tensor3D,
  );
  return new Map(
    wanted.map(({ key, factor }, c) => {
      const part: Tensor2D = reshape(slice(found, [0, c, 0], [n, 1, features]), [n, features]);
      return [key, factor === 1 ? part : mul(part, factor)];
    }),
  );
};

/** Feature i of the derivatives of the input: `f32[k, n or 1, 1]`. */
const feature = (x: Tensor3D, i: number): Tensor3D => slice(x, [0, 0, i], [-1, -1, 1]);

/** One level's part of {@link gridJet}. */
const levelJet = (
  { value: x, first, second }: LayerJet,
  table: Tensor2D,
  level: GridLevel,
  { shape: { order, forms }, ...request }: Omit<LevelRequest, 'order'> & { readonly shape: JetShape },
): LayerJet => {
  const [n, axes] = x.shape;
  const derivatives = levelOf(x, table, level, { order, ...request });
  const none = (): Tensor => zeros([n, table.shape[1]]);
  const total = (parts: readonly Tensor[]): Tensor => parts.reduce((sum, part) => add(sum, part));
  const along = (z: Tensor3D): Tensor =>
    total(Array.from({ length: axes }, (_, i) => mul(feature(z, i), derivatives.get(`${i}`) ?? none())));
  const parts: Tensor[] = second ? [along(second)] : [];
  if (forms && first)
    for (const [i, j] of pairsOf(axes)) {
      const derivative = derivatives.get(`${i},${j}`);
      if (derivative === undefined) continue;
      const terms =
        i === j ? quadraticForms(feature(first, i), forms) : mixedForms(feature(first, i), feature(first, j), forms);
      parts.push(mul(terms, derivative));
    }
  return {
    value: derivatives.get('') ?? (none() as Tensor2D),
    ...(first && { first: along(first) as Tensor3D }),
    ...(parts.length > 0 && { second: total(parts) as Tensor3D }),
  };
};

/** The features of all levels, concatenated. */
export const gridJet = (
  input: LayerJet,
  table: Tensor,
  { levels, interpolation }: Pick<GridOperation, 'levels' | 'interpolation'>,
  shape: JetShape,
): LayerJet => concatJets(levels.map(level => levelJet(input, table as Tensor2D, level, { interpolation, shape })));

/** The jet of the derivative of all features along one axis of the input, from their second and third derivatives. */
export const gridDerivativeJet = (
  input: LayerJet,
  table: Tensor,
  { levels, interpolation, axis }: Pick<GridOperation, 'levels' | 'interpolation'> & { readonly axis: number },
  shape: JetShape,
): LayerJet =>
  concatJets(levels.map(level => levelJet(input, table as Tensor2D, level, { interpolation, axis, shape })));
