import type { PointSource } from '@neural-fields/core';
import { assertPointCount } from './assert-point-count.ts';
import { createPermutation } from './permutation.ts';
import { consecutive, type PointSet } from './point-set.ts';

/**
 * A source whose every step has `count` different points of a set, in random order: the first `count` places of a
 * random permutation that is made anew for each step in constant memory. A source sees one step at a time, so a point
 * may come again in the next step.
 *
 * @throws RangeError when `count` is not an integer from 1 to the size of the set
 */
export const withoutReplacement = (points: PointSet, { count }: { readonly count: number }): PointSource => {
  assertPointCount('withoutReplacement', count, points.size);
  return {
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => points.at(consecutive(start, n).map(createPermutation(points.size, rng))),
  };
};
