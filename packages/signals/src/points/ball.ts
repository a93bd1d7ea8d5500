import type { PointSource } from '@neural-fields/core';
import { assertPointCount } from './assert-point-count.ts';
import { assertCentre, type Box } from './box.ts';
import { drawRows } from './draw-numbers.ts';

/** The options of {@link ball}. */
export interface BallOptions {
  /** Points in a step. */
  readonly count: number;
  /** In units of coordinate. 0.05 in the SIREN authors' code for the Helmholtz equation, 0.25 for waves. */
  readonly radius: number;
  /** No point lies outside; no limit if absent. */
  readonly box?: Box;
}

/**
 * `count` points a step, uniform in a ball (a disc in the plane), or in that part of it which lies in a box: for a
 * source that random points of the whole domain would seldom meet.
 *
 * @param centre `[d]`, in the box
 * @throws RangeError when the centre is not in the box, or an option is wrong
 */
export const ball = (centre: readonly number[], { count, radius, box }: BallOptions): PointSource => {
  assertCentre('ball', centre, box);
  assertPointCount('ball', count);
  if (!(radius > 0 && radius < Number.POSITIVE_INFINITY))
    throw new RangeError(`ball: radius must be a positive number, got ${radius}`);
  // The smallest box around the ball's part. At least as much of it lies in the ball as of a whole cube around a whole
  // ball.
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
