/** @file When a quality was reached. */
import type { CurvePoint } from './results.ts';

/**
 * The step at which a curve reaches a quality, interpolated linearly in decibels between the evaluations before and
 * after. If the first evaluation is above it already, its own step.
 */
export const crossing = (before: CurvePoint | undefined, at: CurvePoint, threshold: number): number => {
  if (before === undefined) return at.step;
  return before.step + ((threshold - before.psnr) / (at.psnr - before.psnr)) * (at.step - before.step);
};
