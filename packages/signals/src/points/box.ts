import type { Span } from '../grids/axis.ts';

/** A box in coordinate space: the span of each axis. */
export type Box = readonly Span[];

/**
 * @throws RangeError when the box has no axis, or a span is not [low, high] with low < high
 */
export const assertBox = (caller: string, box: Box): void => {
  if (box.length === 0 || !box.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(`${caller}: box must be [low, high] with low < high for each axis, got ${JSON.stringify(box)}`);
};
