/** @file Checks of the specs of layers, which may be any JSON values. */

/** A value in an error. */
export const show = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));

/** @throws RangeError when the value is not a positive integer */
export const assertCount = (what: string, value: unknown): void => {
  if (!(Number.isSafeInteger(value) && (value as number) >= 1))
    throw new RangeError(`${what} must be a positive integer, got ${show(value)}`);
};

/** @throws RangeError when a value is not a positive number */
export const assertPositive = (what: string, values: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(values))
    if (!(Number.isFinite(value) && (value as number) > 0))
      throw new RangeError(`${what}: ${name} must be a positive number, got ${show(value)}`);
};
