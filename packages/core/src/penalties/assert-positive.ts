/** @throws RangeError when the value is not a positive finite number */
export const assertPositive = (what: string, value: number): void => {
  if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${what} must be a positive number, got ${value}`);
};
