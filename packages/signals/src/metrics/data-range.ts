/**
 * @throws RangeError when a data range is not a positive number
 */
export const assertDataRange = (caller: string, dataRange: number): void => {
  if (!(dataRange > 0 && Number.isFinite(dataRange)))
    throw new RangeError(`${caller}: dataRange must be a positive number, got ${dataRange}`);
};
