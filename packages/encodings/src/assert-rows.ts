/** @throws TypeError or RangeError when the value is not a list of rows of `width` finite numbers */
export const assertRows = (what: string, value: unknown, width: number): void => {
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError(`${what} must be a list of at least one row, got ${JSON.stringify(value)}`);
  for (const [index, row] of value.entries())
    if (!(Array.isArray(row) && row.length === width && row.every(Number.isFinite)))
      throw new RangeError(`${what}: row ${index} must be ${width} finite numbers, got ${JSON.stringify(row)}`);
};
