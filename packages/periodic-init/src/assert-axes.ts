/** @throws RangeError when the value is not 1, 2 or 3 */
export const assertAxes = (what: string, value: unknown): void => {
  if (value !== 1 && value !== 2 && value !== 3)
    throw new RangeError(`${what} must be 1, 2 or 3, got ${JSON.stringify(value)}`);
};
