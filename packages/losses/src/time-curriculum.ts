import { assertCount, assertFinite, assertOptions } from '@neural-fields/core/options';

/** The options of {@link timeCurriculum}. */
export interface TimeCurriculumOptions {
  /** The initial time; 0 if absent. */
  readonly start?: number;
  /** The final end of the interval; above `start`. 0.4 in the SIREN authors' code. */
  readonly end: number;
  /** The number of steps over which the interval grows; 100,000 in the authors' code. */
  readonly growSteps: number;
  /** The number of steps before that, all at the initial time; 0 if absent. 2000 in the authors' code. */
  readonly holdSteps?: number;
}

/** The interval of times to draw from at a step; steps count from 1. */
export type TimeCurriculum = (step: number) => readonly [from: number, to: number];

/**
 * An interval of times that grows from the initial time: [start, start + (end - start) min(1, max(0, step - holdSteps)
 * / growSteps)]. A wave is thus learned in order of time. Pass it as `interval` to `withTime` of
 * `@neural-fields/signals`, which draws the times.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on the wave equation. It depends on the step alone, so that a
 * resumed run is identical.
 *
 * @throws RangeError when a time is not finite, the end is not after the start, or a number of steps is wrong
 */
export const timeCurriculum = (options: TimeCurriculumOptions): TimeCurriculum => {
  assertOptions('timeCurriculum', options, { start: 1, end: 1, growSteps: 1, holdSteps: 1 });
  const { start = 0, end, growSteps, holdSteps = 0 } = options;

  assertFinite('timeCurriculum: start', start);
  assertFinite('timeCurriculum: end', end);
  if (!(end > start)) throw new RangeError(`timeCurriculum: end must be after the start ${start}, got ${end}`);
  assertCount('timeCurriculum: growSteps', growSteps);
  assertCount('timeCurriculum: holdSteps', holdSteps, 0);
  return step => [start, start + (end - start) * Math.min(1, Math.max(0, step - holdSteps) / growSteps)];
};
