import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { assertBox, type Box } from './box.ts';
import { drawNumbers, nextUniform } from './draw-numbers.ts';

/**
 * `count` points per step, uniform in a box, without targets: for losses on the field alone, such as the residual of a
 * differential equation.
 *
 * @throws RangeError when the box or the count is invalid
 */
export const uniform = (box: Box, options: { readonly count: number }): PointSource => {
  assertOptions('uniform', options, { count: 1 });
  const { count } = options;

  assertBox('uniform', box);
  assertPointCount('uniform', count);
  const width = box.length;
  return {
    inFeatures: width,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => ({
      coords: Float32Array.from(drawNumbers(rng, { start, count: n, width }, nextUniform), (u, i) => {
        const [low, high] = box[i % width]!;
        return low + (high - low) * u;
      }),
    }),
  };
};
