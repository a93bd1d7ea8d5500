import type { FitStep, PointBatch, PointSource, Rng } from '@neural-fields/core';

/** A finite set of points in a fixed order, with access by index. As a source, every step has all of them in order. */
export interface PointSet extends PointSource {
  /** The points `start` ... `start + count - 1`, the same in every step. */
  draw(start: number, count: number, rng?: Rng, at?: FitStep): PointBatch;
  /** The number of points. */
  readonly size: number;
  /**
   * The points with the given indices, in that order; an index may occur more than once.
   *
   * @throws RangeError for an index that is not an integer from 0 to `size` - 1
   */
  at(indices: ArrayLike<number>): PointBatch;
}

/** `start`, `start + 1`, ... */
export const consecutive = (start: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => start + i);

/** Makes a set from its size and its access by index. */
export const createPointSet = (inFeatures: number, size: number, at: PointSet['at']): PointSet => ({
  inFeatures,
  size,
  pointsPerStep: size,
  fixed: true,
  at,
  draw: (start, count) => at(consecutive(start, count)),
});
