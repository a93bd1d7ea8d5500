import { assertPositive } from '@neural-fields/core/options';

/**
 * @throws RangeError when a data range is not a positive number
 */
export const assertDataRange = (caller: string, dataRange: number): void => {
  assertPositive(`${caller}: dataRange`, dataRange);
};
