/**
 * @throws RangeError when `count` is not an integer from 1 to `most`
 */
export const assertPointCount = (caller: string, count: number, most: number = Number.MAX_SAFE_INTEGER): void => {
  if (Number.isSafeInteger(count) && count >= 1 && count <= most) return;
  const wanted = most === Number.MAX_SAFE_INTEGER ? 'a positive integer' : `an integer from 1 to ${most}`;
  throw new RangeError(`${caller}: count must be ${wanted}, got ${count}`);
};
