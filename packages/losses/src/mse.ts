import type { PointLoss } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { type DataTermOptions, dataTerm } from './data-term.ts';
import { squared } from './penalty.ts';

/** The options of {@link mse}. */
export interface MseOptions extends DataTermOptions {
  /** The width of the interval that the target's values lie in, for the PSNR; 2 if absent, as for values in [-1, 1]. */
  readonly dataRange?: number;
}

/**
 * The mean squared error between the field's value and a target: w(x) (Phi(x) - f(x))^2, averaged over points and
 * outputs.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 3.1 (the image loss). Its metric `psnr` is 10 log10(dataRange^2 /
 * mse), in decibels; a weighted loss has no such metric.
 *
 * @throws RangeError when `dataRange` is not a positive number; when evaluated, if the points lack a target or its
 *   width is wrong
 */
export const mse = (given: MseOptions = {}): PointLoss => {
  assertOptions('mse', given, { dataRange: 1, target: 1, weight: 1 });
  const { dataRange = 2, ...options } = given;

  assertPositive('mse: dataRange', dataRange);
  const psnr = (loss: number): number => 10 * Math.log10(dataRange ** 2 / loss);
  return dataTerm(squared, options, { name: 'mse', ...(options.weight === undefined && { metrics: { psnr } }) });
};
