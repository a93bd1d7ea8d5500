import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { createPermutation } from './permutation.ts';
import { consecutive, type PointSet } from './point-set.ts';

/**
 * Draws `count` distinct points of a set in every step, in random order: the first `count` values of a random
 * permutation, which is new in each step and takes constant memory. Steps are independent, so a point may occur again
 * in the next step.
 *
 * @throws RangeError when `count` is not an integer from 1 to the size of the set
 */
export const withoutReplacement = (points: PointSet, options: { readonly count: number }): PointSource => {
  assertOptions('withoutReplacement', options, { count: 1 });
  const { count } = options;

  assertPointCount('withoutReplacement', count, points.size);
  return {
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => points.at(consecutive(start, n).map(createPermutation(points.size, rng))),
  };
};
