/**
 * @throws RangeError when `count` is not an integer from 1 to `max`
 */
export const assertPointCount = (caller: string, count: number, max: number = Number.MAX_SAFE_INTEGER): void => {
  if (Number.isSafeInteger(count) && count >= 1 && count <= max) return;
  const wanted = max === Number.MAX_SAFE_INTEGER ? 'a positive integer' : `an integer from 1 to ${max}`;
  throw new RangeError(`${caller}: count must be ${wanted}, got ${count}`);
};
