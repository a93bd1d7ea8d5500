/** @file Checks of the arrays and spacings of solvers. */
import { assertPositive } from '@neural-fields/core/options';

/** @throws RangeError when there is not one positive number for each axis */
export const assertSpacing = (what: string, spacing: readonly number[], axes: number): void => {
  if (spacing.length !== axes)
    throw new RangeError(`${what} must be ${axes} numbers, one for each axis, got ${spacing.length}`);
  for (const step of spacing) assertPositive(what, step);
};

/** @throws RangeError when an element is not positive */
export const assertAllPositive = (what: string, values: Float64Array): void => {
  const wrong = values.findIndex(value => !(value > 0));
  if (wrong >= 0) throw new RangeError(`${what} must be positive everywhere, got ${values[wrong]} at element ${wrong}`);
};
