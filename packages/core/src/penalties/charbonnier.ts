import { add, sqrt, square } from '../elementwise/expression.ts';
import { definePenalty, type Penalty } from '../elementwise/penalty.ts';
import { assertPositive } from './assert-positive.ts';

/**
 * sqrt(e^2 + epsilon^2), a smooth |e|. Charbonnier et al. 1994, "Two Deterministic Half-Quadratic Regularization Algorithms for Computed
 * Imaging".
 *
 * @throws RangeError when epsilon is not a positive number
 */
export const charbonnierPenalty = (epsilon: number): Penalty => {
  assertPositive('charbonnierPenalty: epsilon', epsilon);
  return definePenalty({
    kind: 'charbonnier',
    parameters: { epsilon },
    value: (e, parameters) => sqrt(add(square(e), square(parameters.epsilon))),
  });
};
