/** @file Data terms that are less sensitive to outliers than the squared error. */

import type { PointLoss } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { type DataTermOptions, dataTerm } from './data-term.ts';
import { absolute, charbonnierPenalty, huberPenalty } from './penalty.ts';

/**
 * The mean absolute error: w(x) |Phi(x) - f(x)|, averaged over points and outputs.
 *
 * @throws RangeError when evaluated, if the points lack a target or its width is wrong
 */
export const mae = (options: DataTermOptions = {}): PointLoss => {
  assertOptions('mae', options, { target: 1, weight: 1 });
  return dataTerm(absolute, options, { name: 'mae' });
};

/**
 * The Huber loss: with e = Phi(x) - f(x), e^2 / 2 up to |e| = delta and delta (|e| - delta / 2) beyond. Huber 1964,
 * "Robust Estimation of a Location Parameter".
 *
 * @param options `delta` in units of the value; 1 if absent
 * @throws RangeError when `delta` is not a positive number; when evaluated, if the points lack a target or its width is
 *   wrong
 */
export const huber = (given: DataTermOptions & { readonly delta?: number } = {}): PointLoss => {
  assertOptions('huber', given, { target: 1, weight: 1, delta: 1 });
  const { delta = 1, ...options } = given;
  return dataTerm(huberPenalty(delta), options, { name: 'huber' });
};

/**
 * The Charbonnier loss: sqrt((Phi(x) - f(x))^2 + epsilon^2). Charbonnier et al. 1994.
 *
 * @param options `epsilon` in units of the value; 1e-3 if absent
 * @throws RangeError when `epsilon` is not a positive number; when evaluated, if the points lack a target or its width
 *   is wrong
 */
export const charbonnier = (given: DataTermOptions & { readonly epsilon?: number } = {}): PointLoss => {
  assertOptions('charbonnier', given, { target: 1, weight: 1, epsilon: 1 });
  const { epsilon = 1e-3, ...options } = given;
  return dataTerm(charbonnierPenalty(epsilon), options, { name: 'charbonnier' });
};
