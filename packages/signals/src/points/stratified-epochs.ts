import { createRng, type PointSource } from '@neural-fields/core';
import { assertFinite, assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { assertPointCount } from './assert-point-count.ts';
import { neighbourhoodIndex } from './neighbourhood-order.ts';
import { derivedKeys, keyedPermutation, permutationKeys } from './permutation.ts';
import { consecutive, type PointSet } from './point-set.ts';
import { type SampleOptions, samples } from './samples.ts';

/** How {@link stratifiedEpochs} and {@link stratifiedSubsets} draw. */
export interface StratifiedDraws {
  /** The number of points in a step. */
  readonly count: number;
  /** The seed of the order. The fit's own seed cannot be used: it gives a new rng to each step, not to an epoch. */
  readonly seed: number;
}

/** The options of {@link stratifiedSubsets}. */
export interface StratifiedSubsetOptions extends StratifiedDraws {
  /** The numbers of points along each axis of the grid, e.g. `[height, width]`; their product is the set's size. */
  readonly grid: readonly number[];
}

/** The options of {@link stratifiedEpochs}. */
export interface StratifiedEpochOptions extends SampleOptions, StratifiedDraws {}

/** Maps each position in an epoch to one in the neighbourhood order: see {@link stratifiedEpochs}. */
const epochOrder = (size: number, strata: number, keys: readonly number[]): ((number: number) => number) => {
  const each = Math.floor(size / strata);
  const larger = size - each * strata;
  // The last round takes one more point from each of the larger strata, which come first.
  const roundKeys = derivedKeys(keys, -1);
  let latest = { round: -1, stratumOf: (place: number): number => place };
  return number => {
    const round = Math.floor(number / strata);
    if (latest.round !== round) {
      const stratumOf = keyedPermutation(round < each ? strata : larger, derivedKeys(roundKeys, round));
      latest = { round, stratumOf };
    }
    const stratum = latest.stratumOf(number - round * strata);
    const start = stratum * each + Math.min(stratum, larger);
    const own = each + (stratum < larger ? 1 : 0);
    // In the last round, only the larger strata have a point left: the last one of their order.
    return start + keyedPermutation(own, derivedKeys(keys, stratum))(round);
  };
};

/** Draws of a set of points. @throws RangeError as {@link stratifiedSubsets}, with the name of the caller */
const stratifiedDraws = (
  caller: string,
  points: PointSet,
  { grid, count, seed }: StratifiedSubsetOptions,
): PointSource => {
  const { size } = points;
  assertPointCount(caller, count, size);
  assertFinite(`${caller}: seed`, seed);
  const rng = createRng(seed);
  let latest = { epoch: -1, order: (number: number): number => number };
  const orderOf = (epoch: number): ((number: number) => number) => {
    if (latest.epoch !== epoch)
      latest = { epoch, order: epochOrder(size, count, permutationKeys(rng.fork('epoch', epoch))) };
    return latest.order;
  };
  return {
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, _rng, { step }) =>
      points.at(
        consecutive((step - 1) * count + start, n).map(number => {
          const epoch = Math.floor(number / size);
          return neighbourhoodIndex(grid, orderOf(epoch)(number - epoch * size));
        }),
      ),
  };
};

/**
 * Every point of a grid once per epoch, `count` of them in each step, spread evenly: as {@link stratifiedEpochs}, for a
 * set of points in row-major order.
 *
 * @throws RangeError when `count` is not an integer from 1 to the number of points, the grid does not have that number
 *   of points, or the seed is not finite
 */
export const stratifiedSubsets = (points: PointSet, options: StratifiedSubsetOptions): PointSource => {
  assertOptions('stratifiedSubsets', options, { count: 1, seed: 1, grid: 1 });
  const { grid } = options;
  const product = grid.reduce((size, length) => size * length, 1);
  if (
    grid.length === 0 ||
    !grid.every(length => Number.isSafeInteger(length) && length >= 1) ||
    product !== points.size
  )
    throw new RangeError(
      `stratifiedSubsets: grid must be the numbers of points along each axis, ${points.size} in all, got [${grid.join(', ')}]`,
    );
  return stratifiedDraws('stratifiedSubsets', points, options);
};

/**
 * Every sample of a signal once per epoch, `count` of them in each step, spread evenly: the grid is divided into
 * `count` compact neighbourhoods of equal size (within one sample), and a step takes one sample from each. The order
 * within each neighbourhood is random and new in each epoch. Where `count` does not divide the number of samples, a
 * step may contain the end of one epoch and the beginning of the next, and some neighbourhoods may then have no point
 * or two.
 *
 * A mean over such points has a lower variance than one over random points, and no sample waits longer than two epochs.
 *
 * @param signal `[...grid, channels]`, e.g. an image `[height, width, channels]`
 * @throws RangeError when `count` is not an integer from 1 to the number of samples or the seed is not finite, and as
 *   `samples`
 * @throws TypeError as `samples`
 */
export const stratifiedEpochs = (signal: ArrayView, given: StratifiedEpochOptions): PointSource => {
  assertOptions('stratifiedEpochs', given, {
    count: 1,
    seed: 1,
    convention: 1,
    aspect: 1,
    spans: 1,
    valueScale: 1,
    range: 1,
    targets: 1,
  });
  const { count, seed, ...options } = given;
  const grid = signal.shape.slice(0, -1);
  return stratifiedDraws('stratifiedEpochs', samples(signal, options), { grid, count, seed });
};
