import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { drawNumbers } from './draw-numbers.ts';
import type { PointSet } from './point-set.ts';

/**
 * Draws `count` points of a set in every step, uniformly and independently: a point may occur more than once.
 *
 * @throws RangeError when `count` is not a positive integer or the set has more than 2^32 points
 */
export const withReplacement = (points: PointSet, options: { readonly count: number }): PointSource => {
  assertOptions('withReplacement', options, { count: 1 });
  const { count } = options;

  assertPointCount('withReplacement', count);
  if (points.size > 2 ** 32)
    throw new RangeError(`withReplacement: the set must have at most 2^32 points, got ${points.size}`);
  return {
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => points.at(drawNumbers(rng, { start, count: n, width: 1 }, r => r.integer(points.size))),
  };
};
