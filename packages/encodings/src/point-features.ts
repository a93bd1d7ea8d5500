/** @file Features at the points of a cloud. */
import type { LayerSpec } from '@neural-fields/core';
import { constantArray, custom, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { assertTableSize } from './grid-table.ts';
import { farthestPoints, nearestDistances } from './nearest-distances.ts';
import { decodeFloats, encodeFloats } from './packed-text.ts';
import { pointFeaturesJet } from './point-features-jet.ts';
import { type SupportLists, supportLists } from './support-lists.ts';

/** The options of {@link pointFeatures}: exactly one of `radius` and `neighbours`. */
export interface PointFeaturesOptions {
  /** `[count, axes]`, row-major: the points of a signal, e.g. samples of a surface. */
  readonly points: ArrayLike<number>;
  /** d, the number of coordinates of a point. */
  readonly axes: number;
  /** Use so many of the points, spread over the cloud; all if absent. */
  readonly count?: number;
  /** The radius of all kernels. */
  readonly radius?: number;
  /** The kernel of a point reaches its k-th nearest neighbour. */
  readonly neighbours?: number;
  /** The features F of each point; 2 if absent. */
  readonly features?: number;
  /** The weight of the features of empty space, of which kernels have 1 at their points; 0.01 if absent. */
  readonly background?: number;
  /** The initial features are uniform in [-initialBound, initialBound]; 1e-4 if absent. */
  readonly initialBound?: number;
}

export interface PointFeaturesSpec extends LayerSpec {
  readonly kind: 'point-features';
  readonly count: number;
  /** Base64 of float32, `[count, axes]`. */
  readonly points: string;
  /** Base64 of float32, `[count]`. */
  readonly radii: string;
  readonly features: number;
  readonly background: number;
  readonly initialBound: number;
}

const KIND = 'point-features';
const DEFAULT_BACKGROUND = 0.01;
const INITIAL_BOUND = 1e-4;

/** float32 counts rows exactly up to here. */
const MAX_POINTS = 2 ** 24 - 1;

const assertOwn = (spec: PointFeaturesSpec, axes: number): void => {
  assertCount(`${KIND}: count`, spec.count);
  assertCount(`${KIND}: features`, spec.features);
  if (spec.count > MAX_POINTS) throw new RangeError(`${KIND}: count must be at most ${MAX_POINTS}, got ${spec.count}`);
  assertPositive(`${KIND}: background`, spec.background);
  assertPositive(`${KIND}: initialBound`, spec.initialBound);
  assertTableSize(KIND, { rows: spec.count + 1, features: spec.features });
  decodeFloats(`${KIND}: points`, spec.points, spec.count * axes);
  const wrong = decodeFloats(`${KIND}: radii`, spec.radii, spec.count).find(radius => !(radius > 0));
  if (wrong !== undefined) throw new RangeError(`${KIND}: radii must be positive numbers, got ${wrong}`);
};

/** What evaluating a spec needs besides its parameters. */
interface Prepared {
  readonly lists: SupportLists;
  /** For each point and for the empty places of lists: its coordinates, 1 / radius, and its row. */
  readonly geometry: Float32Array;
}

const prepare = (spec: PointFeaturesSpec, axes: number): Prepared => {
  const points = decodeFloats(`${KIND}: points`, spec.points, spec.count * axes);
  const radii = decodeFloats(`${KIND}: radii`, spec.radii, spec.count);
  const geometry = new Float32Array((spec.count + 1) * (axes + 2));
  for (let row = 0; row <= spec.count; row++) {
    const start = row * (axes + 2);
    // The row of empty places in the lists: so far away that its kernel is 0 everywhere.
    if (row === spec.count) geometry.fill(1e9, start, start + axes);
    else geometry.set(points.subarray(row * axes, (row + 1) * axes), start);
    geometry[start + axes] = row === spec.count ? 1 : 1 / (radii[row] as number);
    geometry[start + axes + 1] = row;
  }
  return { lists: supportLists({ points, axes, radii }), geometry };
};

/** Made once for a spec and a number of axes: a spec is evaluated many times. */
const known = new WeakMap<PointFeaturesSpec, Map<number, Prepared>>();

const prepared = (spec: PointFeaturesSpec, axes: number): Prepared => {
  const ofSpec = known.get(spec) ?? new Map<number, Prepared>();
  known.set(spec, ofSpec);
  const found = ofSpec.get(axes) ?? prepare(spec, axes);
  ofSpec.set(axes, found);
  return found;
};

/**
 * The layer definition of {@link pointFeatures}. Its parameter is `table` f32[count + 1, features], of the group
 * `table`; the last row belongs to empty space.
 */
export const pointFeaturesLayer: LayerDefinition<PointFeaturesSpec> = {
  kind: KIND,
  assertSpec: (spec, { inFeatures }) => assertOwn(spec, inFeatures),
  apply(input, { spec, parameter }) {
    const { count, features, background, initialBound } = spec;
    const axes = input.features;
    const rows = count + 1;
    const table = parameter('table', {
      shape: [rows, features],
      group: 'table',
      initialise: rng => Float32Array.from({ length: rows * features }, () => initialBound * (2 * rng.uniform() - 1)),
    });
    const { lists, geometry } = prepared(spec, axes);
    return custom([input], {
      outFeatures: features,
      arrays: [
        table,
        constantArray([rows, axes + 2], () => geometry),
        constantArray([lists.lists.length / lists.length, lists.length], () => lists.lists),
      ],
      rule: ({ inputs, arrays, shape }) => pointFeaturesJet(inputs, arrays, { lists, background, shape }),
    });
  },
};

/**
 * Features at points, interpolated by normalised kernels of compact support:
 *
 *     f(x) = (sum_i w_i(x) F_i + b F_empty) / (sum_i w_i(x) + b),   w_i(x) = max(0, 1 - |x - p_i|^2 / r_i^2)^3
 *
 * with learned F and the weight b of empty space, which keeps the quotient smooth where no kernel reaches and makes it
 * F_empty there. Value, gradient and second derivatives are continuous everywhere; the third jump at the edges of the
 * kernels. The kernel is that of Mueller et al. 2003, "Particle-Based Fluid Simulation", section 3.5, without its
 * factor.
 *
 * With `neighbours`, r_i is the distance of p_i to its k-th nearest neighbour, so that kernels are narrow where points
 * are dense. It depends on the points alone: a choice of the k points nearest to x would jump where the choice changes.
 *
 * @throws RangeError or TypeError when an option is out of its range, or points coincide so that a radius would be 0
 */
export const pointFeatures = (options: PointFeaturesOptions): PointFeaturesSpec => {
  const own = { points: 1, axes: 1, count: 1, radius: 1, neighbours: 1, features: 1, background: 1, initialBound: 1 };
  assertOptions('pointFeatures', options, own as Readonly<Record<keyof PointFeaturesOptions, 1>>);
  const { points, axes, radius, neighbours, features = 2 } = options;
  const { background = DEFAULT_BACKGROUND, initialBound = INITIAL_BOUND } = options;
  assertCount('pointFeatures: axes', axes);
  if (points.length === 0 || points.length % axes !== 0)
    throw new RangeError(`pointFeatures: points must be [n, ${axes}], got ${points.length} numbers`);
  const wrong = Array.from(points).findIndex(value => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(
      `pointFeatures: points must be finite, got ${points[wrong]} in point ${Math.floor(wrong / axes)}`,
    );
  const available = points.length / axes;
  const { count = available } = options;
  assertCount('pointFeatures: count', count);
  if (count > available) throw new RangeError(`pointFeatures: count must be at most ${available}, got ${count}`);
  if ((radius === undefined) === (neighbours === undefined))
    throw new TypeError(
      `pointFeatures: needs one of radius and neighbours, got ${radius === undefined ? 'none' : 'both'}`,
    );
  const chosen = count === available ? Float32Array.from(points) : farthestPoints({ points, axes }, count);
  let radii = new Float32Array(count);
  if (neighbours === undefined) {
    assertPositive('pointFeatures: radius', radius);
    radii.fill(radius as number);
  } else {
    assertCount('pointFeatures: neighbours', neighbours);
    if (neighbours >= count)
      throw new RangeError(`pointFeatures: neighbours must be less than the ${count} points, got ${neighbours}`);
    radii = Float32Array.from(nearestDistances({ points: chosen, axes }, neighbours));
    const none = radii.indexOf(0);
    if (none >= 0)
      throw new RangeError(
        `pointFeatures: point ${none} must differ from its ${neighbours} nearest neighbours, it does not`,
      );
  }
  const spec: PointFeaturesSpec = {
    kind: KIND,
    count,
    points: encodeFloats(chosen),
    radii: encodeFloats(radii),
    features,
    background,
    initialBound,
  };
  assertOwn(spec, axes);
  return spec;
};
