/** @file Data terms that forgive outliers more than squares do. */
import { type PointLoss, pointwiseLoss } from '@neural-fields/core';
import { absolute, charbonnierPenalty, huberPenalty, type Penalty } from './penalty.ts';

/** What is compared with the field's value. */
export interface DataTermOptions {
  /** The name of the target among those of the points; `value` if absent. */
  readonly target?: string;
  /** The name of a target that multiplies the losses, e.g. a mask of zeros and ones; none if absent. The mean is over all points. */
  readonly weight?: string;
}

/** w(x) penalty(Phi(x) - f(x)) */
const dataTerm = (name: string, penalty: Penalty, { target = 'value', weight }: DataTermOptions): PointLoss =>
  pointwiseLoss({ errors: [{ of: 'value', target }], penalty, ...(weight !== undefined && { weight }) }, { name });

/**
 * The mean absolute error: w(x) |Phi(x) - f(x)|, averaged over points and outputs.
 *
 * @throws RangeError when evaluated, if the points lack a target or its width is wrong
 */
export const mae = (options: DataTermOptions = {}): PointLoss => dataTerm('mae', absolute, options);

/**
 * The Huber loss: with e = Phi(x) - f(x), e^2 / 2 up to |e| = delta and delta (|e| - delta / 2) beyond. Huber 1964, "Robust Estimation of a
 * Location Parameter".
 *
 * @param options `delta` in units of the value; 1 if absent
 * @throws RangeError when `delta` is not a positive number; when evaluated, if the points lack a target or its width is wrong
 */
export const huber = ({ delta = 1, ...options }: DataTermOptions & { readonly delta?: number } = {}): PointLoss =>
  dataTerm('huber', huberPenalty(delta), options);

/**
 * The Charbonnier loss: sqrt((Phi(x) - f(x))^2 + epsilon^2). Charbonnier et al. 1994.
 *
 * @param options `epsilon` in units of the value; 1e-3 if absent
 * @throws RangeError when `epsilon` is not a positive number; when evaluated, if the points lack a target or its width is wrong
 */
export const charbonnier = ({ epsilon = 1e-3, ...options }: DataTermOptions & { readonly epsilon?: number } = {}): PointLoss =>
  dataTerm('charbonnier', charbonnierPenalty(epsilon), options);
