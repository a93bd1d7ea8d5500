import type { PointCloud } from '../shape.ts';

/**
 * Points for a fit are full float32 coordinates, without an offset.
 *
 * @throws RangeError when a shape has an offset
 */
export const assertNoOffset = (caller: string, { offset }: PointCloud): void => {
  if (offset)
    throw new RangeError(
      `${caller}: the shape is far from the origin, at ${offset.join(', ')}: apply its unitBox first`,
    );
};
