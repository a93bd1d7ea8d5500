import type { PointCloud } from '../shape.ts';

/**
 * Points for a fit are float32 coordinates in full, which a shape far from the origin does not have.
 *
 * @throws RangeError when a shape has an offset
 */
export const assertNear = (caller: string, { offset }: PointCloud): void => {
  if (offset)
    throw new RangeError(
      `${caller}: the shape is far from the origin, at ${offset.join(', ')}: apply its unitBox first`,
    );
};
