/** @file How well the insides of two shapes agree. */

/**
 * The intersection over union of the insides of two shapes, by their signed distances at the same points: 1 where both
 * are the same, also where both are empty. Values that are not finite are outside.
 *
 * @throws RangeError when the lengths differ
 */
export const overlapInside = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length)
    throw new RangeError(`overlapInside: both need the same number of values, got ${a.length} and ${b.length}`);
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [inA, inB] = [(a[i] as number) < 0, (b[i] as number) < 0];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either === 0 ? 1 : both / either;
};
