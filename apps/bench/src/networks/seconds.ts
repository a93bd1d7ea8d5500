import type { NetworkStepTime } from './step-times.ts';

/** The seconds that steps take by their measured time: that of the first one beyond the others, and the steps. */
export const secondsOfSteps = ({ first, step }: Pick<NetworkStepTime, 'first' | 'step'>, steps: number): number =>
  first + steps * step.median;
