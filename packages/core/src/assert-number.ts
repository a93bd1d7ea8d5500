/** @file Checks of values in options and specs, which may be any values in plain JavaScript and in JSON. */

/** A value in an error: JSON of texts, arrays and objects, so that '3' is not taken for 3. */
export const describeValue = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value);

const isNumber = (value: unknown): value is number => Number.isFinite(value);

const assertThat = (valid: boolean, what: string, wanted: string, value: unknown): void => {
  if (!valid) throw new RangeError(`${what} must be ${wanted}, got ${describeValue(value)}`);
};

/**
 * @param what the function and the option, for the message: `fit: steps`
 * @throws RangeError when the value is not a safe integer of at least `min`
 */
export const assertCount = (what: string, value: unknown, min = 1): void =>
  assertThat(
    Number.isSafeInteger(value) && (value as number) >= min,
    what,
    min === 1 ? 'a positive integer' : `an integer >= ${min}`,
    value,
  );

/** @throws RangeError when the value is not a finite number greater than 0 */
export const assertPositive = (what: string, value: unknown): void =>
  assertThat(isNumber(value) && value > 0, what, 'a positive number', value);

/** @throws RangeError when the value is not a finite number of at least 0 */
export const assertNonNegative = (what: string, value: unknown): void =>
  assertThat(isNumber(value) && value >= 0, what, 'a number >= 0', value);

/** @throws RangeError when the value is not a finite number */
export const assertFinite = (what: string, value: unknown): void =>
  assertThat(isNumber(value), what, 'a finite number', value);

/** @throws RangeError when the value is not a number from 0 to 1 */
export const assertShare = (what: string, value: unknown): void =>
  assertThat(isNumber(value) && value >= 0 && value <= 1, what, 'a number from 0 to 1', value);

/** @throws RangeError when the value is not a number strictly between 0 and 1 */
export const assertFraction = (what: string, value: unknown): void =>
  assertThat(isNumber(value) && value > 0 && value < 1, what, 'a number between 0 and 1', value);

/** @throws RangeError when the value is none of the choices */
export const assertOneOf = (what: string, value: unknown, choices: readonly unknown[]): void =>
  assertThat(choices.includes(value), what, `one of ${choices.join(', ')}`, value);
