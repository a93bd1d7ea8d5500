/**
 * @file Shapes far from the origin. Positions are float32, which near 5,000,000 are half a unit apart: so a shape whose
 *   distance from the origin is many times its size is kept as small numbers and an offset in double precision.
 */

/** A place or a direction in double precision. */
export type Offset = readonly [x: number, y: number, z: number];

/**
 * A distance from the origin of so many times the shape's size is far: nearer, float32 rounds by less than a millionth
 * of the size.
 */
const FAR = 16;

/**
 * The offset for points in a box; `undefined` where they are near enough to the origin to do without. Each of its
 * numbers is a multiple of a power of two that is at least the box's longest side, so that differences to it are exact
 * for float32 coordinates.
 */
export const chooseOffset = (low: ArrayLike<number>, high: ArrayLike<number>): Offset | undefined => {
  const extent = Math.max(high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!);
  if (!(extent > 0)) return undefined;
  const unit = 2 ** Math.ceil(Math.log2(extent));
  const along = (axis: number): number => {
    const centre = low[axis]! / 2 + high[axis]! / 2;
    return Math.abs(centre) > FAR * extent ? Math.round(centre / unit) * unit : 0;
  };
  const offset = [along(0), along(1), along(2)] as const;
  return offset.every(value => value === 0) ? undefined : offset;
};
