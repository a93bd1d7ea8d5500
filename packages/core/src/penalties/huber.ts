import { assertPositive } from '../assert-number.ts';
import { abs, clip, min, mul, neg, sub } from '../elementwise/expression.ts';
import { definePenalty, type Penalty } from '../elementwise/penalty.ts';

/**
 * e^2 / 2 up to |e| = delta, and delta (|e| - delta / 2) beyond. Huber 1964, "Robust Estimation of a Location
 * Parameter".
 *
 * With m = min(|e|, delta) both are m (|e| - m / 2). The derivative is e clipped to [-delta, delta].
 *
 * @throws RangeError when delta is not a positive number
 */
export const huberPenalty = (delta: number): Penalty => {
  assertPositive('huberPenalty: delta', delta);
  return definePenalty({
    kind: 'huber',
    parameters: { delta },
    value(e, parameters) {
      const inner = min(abs(e), parameters.delta);
      return mul(inner, sub(abs(e), mul(inner, 0.5)));
    },
    firstDerivative: (e, parameters) => clip(e, neg(parameters.delta), parameters.delta),
  });
};
