/** @file Checks of options. */

/** @throws RangeError when a value is not an integer >= 1 */
export const assertPositiveInteger = (what: string, value: unknown): void => {
  if (!(Number.isSafeInteger(value) && (value as number) >= 1))
    throw new RangeError(`${what} must be a positive integer, got ${String(value)}`);
};

/** @throws RangeError when a value is not a number greater than 0 */
export const assertPositive = (what: string, value: unknown): void => {
  if (!(Number.isFinite(value) && (value as number) > 0))
    throw new RangeError(`${what} must be a positive number, got ${String(value)}`);
};

/** @throws RangeError when a value is not a number strictly between 0 and 1 */
export const assertFraction = (what: string, value: unknown): void => {
  if (!(typeof value === 'number' && value > 0 && value < 1))
    throw new RangeError(`${what} must be a number between 0 and 1, got ${String(value)}`);
};
