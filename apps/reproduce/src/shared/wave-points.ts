/**
 * @file The points of a step of the wave experiment: anywhere in the square at random times, with a share of them at
 * the initial time.
 */
import type { PointSource } from '@neural-fields/core';
import { timeCurriculum } from '@neural-fields/losses';
import { ball, uniform, union, withTime } from '@neural-fields/signals';

/**
 * The maximum number of a step's points in the disc, and the maximum share: one in this many of all its points. The
 * same number of points elsewhere is at the initial time too.
 */
const IN_DISC = 1000;
const AT_MOST_ONE_IN = 10;

const square = [
  [-1, 1],
  [-1, 1],
] as const;

/** What the points of a step depend on. */
export interface WavePointOptions {
  /** Points per step. */
  readonly count: number;
  /** Of the disc around the source, in units of coordinate. */
  readonly radius: number;
  /** The final time. */
  readonly end: number;
  /** The number of steps with all points at the initial time. */
  readonly holdSteps: number;
  /** The number of steps after them over which the time interval grows. */
  readonly growSteps: number;
}

/**
 * Points in time and space, with the target `initial`: 1 at the initial time.
 *
 * The last points of each step are always at the initial time: half of them in a disc around the source, half anywhere
 * in the square. The first half tells the field where the pulse is, the second that there is nothing elsewhere. The
 * authors' code has 2,000 of them among its 340^2 points.
 */
export const wavePoints = ({ count, radius, end, holdSteps, growSteps }: WavePointOptions): PointSource => {
  const inDisc = Math.max(1, Math.min(IN_DISC, Math.floor(count / AT_MOST_ONE_IN)));
  const space = union({
    plane: uniform(square, { count: count - inDisc }),
    source: ball([0, 0], { radius, count: inDisc, box: square }),
  });
  return withTime(space, { interval: timeCurriculum({ end, holdSteps, growSteps }), initialCount: 2 * inDisc });
};
