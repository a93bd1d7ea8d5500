/** @file How an error becomes a loss, element by element. Losses on residuals take any of these, or a function of the user's own. */
import { add, minimum, mul, sign, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { assertPositive } from './assert.ts';

/** Maps errors to losses, element by element. It is made of tfjs ops, so that gradients run through it. */
export type Penalty = <T extends Tensor>(error: T) => T;

/** A power of two, so the product is exact. tfjs's sign on wasm takes all below some 1e-6 for 0 (4.22.0); magnified, that is 1e-24. */
const MAGNIFICATION = 2 ** 60;

/** e^2 */
export const squared: Penalty = error => square(error);

/** |e|. Its gradient at 0 is 0; that of tfjs's own op is -1. */
export const absolute: Penalty = error => mul(error, sign(mul(error, MAGNIFICATION)));

/**
 * e^2 / 2 up to |e| = delta, and delta (|e| - delta / 2) beyond. Huber 1964, "Robust Estimation of a Location Parameter".
 *
 * @throws RangeError when delta is not a positive number
 */
export const huberPenalty = (delta: number): Penalty => {
  assertPositive('huberPenalty: delta', delta);
  return error => {
    const size = absolute(error);
    const inner = minimum(size, delta);
    return mul(inner, sub(size, mul(inner, 0.5)));
  };
};

/**
 * sqrt(e^2 + epsilon^2), a smooth |e|. Charbonnier et al. 1994, "Two Deterministic Half-Quadratic Regularization Algorithms for Computed
 * Imaging".
 *
 * @throws RangeError when epsilon is not a positive number
 */
export const charbonnierPenalty = (epsilon: number): Penalty => {
  assertPositive('charbonnierPenalty: epsilon', epsilon);
  return error => sqrt(add(square(error), epsilon ** 2));
};
