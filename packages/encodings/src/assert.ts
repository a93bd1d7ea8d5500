/** @file Checks of options, with messages that name the encoding. */

/** @throws RangeError when the value is not an integer of at least `min` */
export const assertCount = (what: string, value: unknown, min = 1): void => {
  if (!(Number.isInteger(value) && (value as number) >= min))
    throw new RangeError(
      `${what} must be ${min === 1 ? 'a positive integer' : `an integer >= ${min}`}, got ${JSON.stringify(value)}`,
    );
};

/** @throws RangeError when the value is not a positive finite number */
export const assertPositive = (what: string, value: unknown): void => {
  if (!(Number.isFinite(value) && (value as number) > 0))
    throw new RangeError(`${what} must be a positive number, got ${JSON.stringify(value)}`);
};

/** @throws RangeError when the value is not a finite number */
export const assertFinite = (what: string, value: unknown): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${what} must be a finite number, got ${JSON.stringify(value)}`);
};

/** @throws TypeError or RangeError when the value is not a list of rows of `width` finite numbers */
export const assertRows = (what: string, value: unknown, width: number): void => {
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError(`${what} must be a list of at least one row, got ${JSON.stringify(value)}`);
  for (const [index, row] of value.entries())
    if (!(Array.isArray(row) && row.length === width && row.every(Number.isFinite)))
      throw new RangeError(`${what}: row ${index} must be ${width} finite numbers, got ${JSON.stringify(row)}`);
};
