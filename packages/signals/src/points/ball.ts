import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { assertCentre, type Box } from './box.ts';
import { drawRows } from './draw-numbers.ts';

/** The options of {@link ball}. */
export interface BallOptions {
  /** Points per step. */
  readonly count: number;
  /** In coordinate units. 0.05 in the SIREN authors' code for the Helmholtz equation, 0.25 for waves. */
  readonly radius: number;
  /** Points are drawn inside this box only; unlimited if absent. */
  readonly box?: Box;
}

/**
 * `count` points per step, uniform in a ball (a disc in the plane), or in its intersection with a box: for a source
 * that few random points of the whole domain would hit.
 *
 * @param centre `[d]`, in the box
 * @throws RangeError when the centre is not in the box, or an option is out of its range
 */
export const ball = (centre: readonly number[], options: BallOptions): PointSource => {
  assertOptions('ball', options, { count: 1, radius: 1, box: 1 });
  const { count, radius, box } = options;

  assertCentre('ball', centre, box);
  assertPointCount('ball', count);
  if (!(radius > 0 && radius < Number.POSITIVE_INFINITY))
    throw new RangeError(`ball: radius must be a positive number, got ${radius}`);
  // The bounding box of the intersection, for rejection sampling. The acceptance rate is at least that of a cube around
  // a whole ball.
  const around = centre.map((c, axis) => {
    const [low, high] = box?.[axis] ?? [-Infinity, Infinity];
    return [Math.max(low, c - radius), Math.min(high, c + radius)] as const;
  });
  return {
    inFeatures: centre.length,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng) => ({
      coords: Float32Array.from(
        drawRows(rng, { start, count: n, width: centre.length }, (pointRng, row) => {
          let squares: number;
          do {
            squares = 0;
            for (const [axis, [low, high]] of around.entries()) {
              row[axis] = low + (high - low) * pointRng.uniform();
              squares += (row[axis]! - centre[axis]!) ** 2;
            }
          } while (squares > radius ** 2);
        }),
      ),
    }),
  };
};
