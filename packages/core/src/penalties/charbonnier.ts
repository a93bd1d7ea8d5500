import { assertPositive } from '../assert-number.ts';
import type { FormulaParameters } from '../elementwise/activation.ts';
import { add, div, type Expression, sqrt, square } from '../elementwise/expression.ts';
import { definePenalty, type Penalty } from '../elementwise/penalty.ts';

const sizeOf = (e: Expression, { epsilon }: FormulaParameters<'epsilon'>): Expression =>
  sqrt(add(square(e), square(epsilon)));

/**
 * sqrt(e^2 + epsilon^2), a smooth |e|. Charbonnier et al. 1994, "Two Deterministic Half-Quadratic Regularization
 * Algorithms for Computed Imaging".
 *
 * Its second derivative is epsilon^2 / value^3; differentiation by rule would give a difference that cancels.
 *
 * @throws RangeError when epsilon is not a positive number
 */
export const charbonnierPenalty = (epsilon: number): Penalty => {
  assertPositive('charbonnierPenalty: epsilon', epsilon);
  return definePenalty({
    kind: 'charbonnier',
    parameters: { epsilon },
    value: sizeOf,
    secondDerivative(e, parameters) {
      const size = sizeOf(e, parameters);
      return div(square(div(parameters.epsilon, size)), size);
    },
  });
};
