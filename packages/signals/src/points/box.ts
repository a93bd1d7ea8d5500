import type { Span } from '../grids/axis.ts';

/** A box in coordinate space: the span of each axis. */
export type Box = readonly Span[];

/**
 * @throws RangeError when the box has no axis, or a span is not [low, high] with low < high
 */
export const assertBox = (caller: string, box: Box): void => {
  if (box.length === 0 || !box.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(
      `${caller}: box must be [low, high] with low < high for each axis, got ${JSON.stringify(box)}`,
    );
};

/**
 * @throws RangeError when the centre has no coordinates, does not have as many as the box, is not finite or lies
 *   outside the box
 */
export const assertCentre = (caller: string, centre: readonly number[], box: Box | undefined): void => {
  if (box) assertBox(caller, box);
  if (centre.length === 0 || !centre.every(Number.isFinite))
    throw new RangeError(`${caller}: the centre must be one or more finite numbers, got ${JSON.stringify(centre)}`);
  if (
    box &&
    (box.length !== centre.length || !box.every(([low, high], axis) => low <= centre[axis]! && centre[axis]! <= high))
  )
    throw new RangeError(
      `${caller}: the centre must lie in the box ${JSON.stringify(box)}, got ${JSON.stringify(centre)}`,
    );
};
