import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { drawNumbers, nextUniform } from './draw-numbers.ts';

/** The options of {@link withTime}. */
export interface WithTimeOptions {
  /**
   * The interval of times to draw from at a step; steps count from 1, and `from` is the initial time. `timeCurriculum`
   * of `@neural-fields/losses` is an interval that grows.
   */
  readonly interval: (step: number) => readonly [from: number, to: number];
  /** The number of points, at the end of each step, that are always at the initial time; 0 if absent. */
  readonly initialCount?: number;
}

/**
 * Adds time to points in space: time becomes the first coordinate, uniform on an interval that depends on the step.
 * With a growing interval a wave is learned in order of time. The target `initial`, `[n, 1]`, is 1 at the initial time
 * and 0 later.
 *
 * The setting of the SIREN authors for the wave equation: the last 1000 points lie in a disc around the source. They
 * and the 1000 points before them, which lie anywhere, are always at the initial time. In the first 2000 steps all
 * points are at the initial time:
 *
 *     withTime(union({ plane: uniform(box, { count: 114_600 }), source: ball([0, 0], { radius: 0.25, count: 1000 }) }), {
 *       interval: timeCurriculum({ end: 0.4, growSteps: 100_000, holdSteps: 2000 }),
 *       initialCount: 2000,
 *     })
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on the wave equation.
 *
 * @throws RangeError when `initialCount` is out of its range; when points are drawn, if the interval is not finite or
 *   ends before it begins, or the points have a target `initial` already
 */
export const withTime = (space: PointSource, options: WithTimeOptions): PointSource => {
  assertOptions('withTime', options, { interval: 1, initialCount: 1 });
  const { interval, initialCount = 0 } = options;

  const size = space.pointsPerStep;
  if (!(Number.isInteger(initialCount) && initialCount >= 0 && initialCount <= size))
    throw new RangeError(`withTime: initialCount must be an integer from 0 to ${size}, got ${initialCount}`);
  const inFeatures = space.inFeatures + 1;
  return {
    inFeatures,
    pointsPerStep: size,
    fixed: false,
    draw(start, count, rng, at) {
      const [from, to] = interval(at.step);
      if (!(Number.isFinite(from) && Number.isFinite(to) && from <= to))
        throw new RangeError(
          `withTime: interval must be [from, to] with from <= to, got [${from}, ${to}] at step ${at.step}`,
        );
      const { coords: places, targets } = space.draw(start, count, rng, at);
      if (targets?.['initial']) throw new RangeError("withTime: the points already have a target 'initial'");
      const parts = drawNumbers(rng.fork('time'), { start, count, width: 1 }, nextUniform);
      const coords = new Float32Array(count * inFeatures);
      const initial = new Float32Array(count);
      for (let point = 0; point < count; point++) {
        const time = start + point < size - initialCount ? from + (to - from) * parts[point]! : from;
        coords[point * inFeatures] = time;
        coords.set(places.subarray(point * space.inFeatures, (point + 1) * space.inFeatures), point * inFeatures + 1);
        initial[point] = Number(coords[point * inFeatures] === Math.fround(from));
      }
      return { coords, targets: { ...targets, initial } };
    },
  };
};
