/**
 * @file Conversions between signed distances, truncated ones and occupancies. Distances are positive outside, negative
 *   inside and zero on the surface.
 */
import { assertPositive } from '@neural-fields/core/options';

/**
 * Truncated signed distances: max(-1, min(1, sdf / t)), dimensionless.
 *
 * Curless and Levoy 1996, "A Volumetric Method for Building Complex Models from Range Images".
 *
 * @throws RangeError when the truncation is not a positive number
 */
export const sdfToTsdf = (sdf: ArrayLike<number>, truncation: number): Float32Array => {
  assertPositive('sdfToTsdf: truncation', truncation);
  return Float32Array.from(sdf, distance => Math.max(-1, Math.min(1, distance / truncation)));
};

/**
 * Signed distances from truncated ones: t tsdf. Exact within the truncation; beyond it, where |tsdf| = 1, the result is
 * the lower bound t of the distance.
 *
 * @throws RangeError when the truncation is not a positive number
 */
export const tsdfToSdf = (tsdf: ArrayLike<number>, truncation: number): Float32Array => {
  assertPositive('tsdfToSdf: truncation', truncation);
  return Float32Array.from(tsdf, value => truncation * value);
};

/**
 * Occupancies: 1 where the distance, truncated or not, is at most 0, and 0 where it is positive. A point on the surface
 * is inside.
 */
export const sdfToOccupancy = (sdf: ArrayLike<number>): Float32Array =>
  Float32Array.from(sdf, distance => (distance <= 0 ? 1 : 0));

/**
 * Occupancies with a soft edge: sigmoid(-sdf / s), which is 1/2 at the surface and 0.88 at 2 s inside it. The inverse
 * of {@link occupancyToSdf}.
 *
 * @param width s, in units of the distance
 * @throws RangeError when the width is not a positive number
 */
export const sdfToSoftOccupancy = (sdf: ArrayLike<number>, width: number): Float32Array => {
  assertPositive('sdfToSoftOccupancy: width', width);
  return Float32Array.from(sdf, distance => 1 / (1 + Math.exp(distance / width)));
};

/**
 * Signed distances from occupancies with a soft edge: -s log(y / (1 - y)), infinite where the occupancy is exactly 0 or
 * 1. This inverts {@link sdfToSoftOccupancy}; for other occupancies only the sign and the zero level are right.
 *
 * @param width s, in units of the distance
 * @throws RangeError when the width is not a positive number, or an occupancy is not in [0, 1]
 */
export const occupancyToSdf = (occupancy: ArrayLike<number>, width: number): Float32Array => {
  assertPositive('occupancyToSdf: width', width);
  return Float32Array.from(occupancy, y => {
    if (!(y >= 0 && y <= 1)) throw new RangeError(`occupancyToSdf: occupancies must be in [0, 1], got ${y}`);
    return width * (Math.log1p(-y) - Math.log(y));
  });
};
