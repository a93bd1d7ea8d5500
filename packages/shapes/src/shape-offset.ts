/**
 * @file Shapes far from the origin. Positions are float32, whose spacing near 5,000,000 is half a unit: so a shape
 *   whose distance from the origin is many times its size is stored relative to an offset in double precision.
 */

/** A position in double precision. */
export type Offset = readonly [x: number, y: number, z: number];

/**
 * The ratio of distance from the origin to size from which an offset is used: below it, float32 rounds by less than a
 * millionth of the size.
 */
const FAR_RATIO = 16;

/**
 * The offset for points in a box; `undefined` if they are near enough to the origin to need none. Its components are
 * multiples of a power of two that is at least the box's longest side, so that differences to it are exact for float32
 * coordinates.
 */
export const chooseOffset = (low: ArrayLike<number>, high: ArrayLike<number>): Offset | undefined => {
  const extent = Math.max(high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!);
  if (!(extent > 0)) return undefined;
  const unit = 2 ** Math.ceil(Math.log2(extent));
  const along = (axis: number): number => {
    const centre = low[axis]! / 2 + high[axis]! / 2;
    return Math.abs(centre) > FAR_RATIO * extent ? Math.round(centre / unit) * unit : 0;
  };
  const offset = [along(0), along(1), along(2)] as const;
  return offset.every(value => value === 0) ? undefined : offset;
};
