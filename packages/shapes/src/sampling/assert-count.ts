/**
 * @throws RangeError when a count is not an integer of at least `least`
 */
export const assertCount = (caller: string, name: string, count: number, least: 0 | 1): void => {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new RangeError(
    `${caller}: ${name} must be ${least === 1 ? 'a positive integer' : 'an integer of at least 0'}, got ${count}`,
  );
};
