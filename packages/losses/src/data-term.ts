/** @file Losses on the field's value alone: a penalty of its difference to a target. */
import { type PointLoss, type PointwiseLossOptions, pointwiseLoss } from '@neural-fields/core';
import type { Penalty } from './penalty.ts';

/** What is compared with the field's value. */
export interface DataTermOptions {
  /** The name of the target; `value` if absent. */
  readonly target?: string;
  /**
   * The name of a target that multiplies the losses, e.g. a mask of zeros and ones; none if absent. The mean is over
   * all points.
   */
  readonly weight?: string;
}

/** w(x) penalty(Phi(x) - f(x)) */
export const dataTerm = (
  penalty: Penalty,
  { target = 'value', weight }: DataTermOptions,
  options: PointwiseLossOptions,
): PointLoss =>
  pointwiseLoss({ errors: [{ of: 'value', target }], penalty, ...(weight !== undefined && { weight }) }, options);
