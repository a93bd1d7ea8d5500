/** @file When a quality was reached. */
import type { CurvePoint } from './results.ts';

/**
 * The step and the seconds at which a curve reaches a quality, interpolated linearly in decibels between the
 * evaluations before and after. If the first evaluation is above it already, its own step and seconds.
 */
export const crossing = (
  before: CurvePoint | undefined,
  at: CurvePoint,
  threshold: number,
): Pick<CurvePoint, 'step' | 'seconds'> => {
  if (before === undefined) return { step: at.step, seconds: at.seconds };
  const part = (threshold - before.psnr) / (at.psnr - before.psnr);
  return {
    step: before.step + part * (at.step - before.step),
    seconds: before.seconds + part * (at.seconds - before.seconds),
  };
};
