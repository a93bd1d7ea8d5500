/** @file Checks of options, with messages that name the loss. */

/** @throws RangeError when the value is not a positive finite number */
export const assertPositive = (what: string, value: number): void => {
  if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${what} must be a positive number, got ${value}`);
};

/** @throws RangeError when the value is not a finite number of at least 0 */
export const assertWeight = (what: string, value: number): void => {
  if (!(Number.isFinite(value) && value >= 0)) throw new RangeError(`${what} must be a number >= 0, got ${value}`);
};

/** @throws RangeError when the value is not a finite number */
export const assertFinite = (what: string, value: number): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${what} must be a finite number, got ${value}`);
};

/** @throws RangeError when the value is not an integer of at least `min` */
export const assertInteger = (what: string, value: number, min = 1): void => {
  if (!(Number.isInteger(value) && value >= min))
    throw new RangeError(`${what} must be ${min === 1 ? 'a positive integer' : `an integer >= ${min}`}, got ${value}`);
};
