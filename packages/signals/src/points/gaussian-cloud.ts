import type { PointSource, Rng } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { assertCentre, type Box } from './box.ts';
import { drawRows } from './draw-numbers.ts';

/** The options of {@link gaussianCloud}. */
export interface GaussianCloudOptions {
  /** Points per step. */
  readonly count: number;
  /** The standard deviation along each axis, in coordinate units. */
  readonly deviation: number;
  /** Points are drawn inside this box only; unlimited if absent. */
  readonly box?: Box;
}

/** A normal random number truncated to [low, high] with low <= 0 <= high, in units of the deviation. */
const nextTruncatedNormal = (rng: Rng, low: number, high: number): number => {
  // Few normal numbers fall into a narrow interval; there, uniform ones are accepted in proportion to the normal
  // density.
  const near = high - low < 2;
  for (;;) {
    const number = near ? low + (high - low) * rng.uniform() : rng.normal();
    if (near ? rng.uniform() < Math.exp(-(number ** 2) / 2) : number >= low && number <= high) return number;
  }
};

/**
 * `count` points per step, normally distributed around a point and optionally truncated to a box: dense near a source,
 * and sparse farther away.
 *
 * @param centre `[d]`, in the box
 * @throws RangeError when the centre is not in the box, or an option is out of its range
 */
export const gaussianCloud = (centre: readonly number[], options: GaussianCloudOptions): PointSource => {
  assertOptions('gaussianCloud', options, { count: 1, deviation: 1, box: 1 });
  const { count, deviation, box } = options;

  assertCentre('gaussianCloud', centre, box);
  assertPointCount('gaussianCloud', count);
  if (!(deviation > 0 && deviation < Number.POSITIVE_INFINITY))
    throw new RangeError(`gaussianCloud: deviation must be a positive number, got ${deviation}`);
  const ends = centre.map((c, axis) => (box?.[axis] ?? [-Infinity, Infinity]).map(end => (end - c) / deviation));
  return {
    inFeatures: centre.length,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => ({
      coords: Float32Array.from(
        drawRows(rng, { start, count: n, width: centre.length }, (pointRng, row) => {
          for (const [axis, [low, high]] of ends.entries())
            row[axis] = centre[axis]! + deviation * nextTruncatedNormal(pointRng, low!, high!);
        }),
      ),
    }),
  };
};
