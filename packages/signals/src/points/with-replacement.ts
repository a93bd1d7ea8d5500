import type { PointSource } from '@neural-fields/core';
import { assertPointCount } from './assert-point-count.ts';
import { drawNumbers } from './draw-numbers.ts';
import type { PointSet } from './point-set.ts';

/**
 * A source whose every step has `count` points of a set, each drawn uniformly and independently: a point may come
 * twice.
 *
 * @throws RangeError when `count` is not a positive integer or the set has more than 2^32 points
 */
export const withReplacement = (points: PointSet, { count }: { readonly count: number }): PointSource => {
  assertPointCount('withReplacement', count);
  if (points.size > 2 ** 32)
    throw new RangeError(`withReplacement: a set of at most 2^32 points is drawn from, got ${points.size}`);
  return {
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => points.at(drawNumbers(rng, { start, count: n, width: 1 }, r => r.integer(points.size))),
  };
};
