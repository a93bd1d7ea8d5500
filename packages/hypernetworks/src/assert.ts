/** @file Checks of options, with messages that name the function. */

/** @throws RangeError when the value is not an integer of at least `min` */
export const assertCount = (what: string, value: unknown, min = 1): void => {
  if (!(Number.isSafeInteger(value) && (value as number) >= min))
    throw new RangeError(
      `${what} must be ${min === 1 ? 'a positive integer' : `an integer >= ${min}`}, got ${JSON.stringify(value)}`,
    );
};

/** @throws RangeError when the value is not a positive finite number */
export const assertPositive = (what: string, value: unknown): void => {
  if (!(Number.isFinite(value) && (value as number) > 0))
    throw new RangeError(`${what} must be a positive number, got ${JSON.stringify(value)}`);
};

/** @throws RangeError when the value is not a number in [0, 1] */
export const assertShare = (what: string, value: unknown): void => {
  if (!(Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1))
    throw new RangeError(`${what} must be a number from 0 to 1, got ${JSON.stringify(value)}`);
};
