import type { Rng } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { assertBounds, type Bounds, UNIT_BOUNDS } from '../surfaces/grid.ts';
import type { ScalarFunction } from '../surfaces/scalar-function.ts';

/** Determines which points of `coords` f32[n, 3] are inside: one value per point, nonzero if inside. */
export type Occupancy = (coords: Float32Array) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** The options of {@link volumeIou}. */
export interface VolumeIouOptions {
  readonly rng: Rng;
  /** The number of random points. Default: 100,000, as in Mescheder et al. 2019. */
  readonly count?: number;
  /** Default: [-1, 1]^3. */
  readonly box?: Bounds;
}

/** The number of points per evaluation. */
const BATCH = 16_384;

/** The occupancy of the points where a function, such as a signed distance, is below a level (0 if absent). */
export const occupancyBelow =
  (source: ScalarFunction, level = 0): Occupancy =>
  async coords =>
    Uint8Array.from(await source.evaluate(coords), value => (value < level ? 1 : 0));

/**
 * The intersection over union of two volumes, |A and B| / |A or B|, from random points uniform in a box. 1 is best, and
 * is also the result if neither has a point.
 *
 * Its standard error is about sqrt(iou (1 - iou) / n), n the number of points in the union.
 *
 * @throws RangeError when the box or the count is invalid, or an occupancy does not return one value per point
 */
export const volumeIou = async (a: Occupancy, b: Occupancy, options: VolumeIouOptions): Promise<number> => {
  assertOptions('volumeIou', options, { rng: 1, count: 1, box: 1 });

  const { rng, count = 100_000, box = UNIT_BOUNDS } = options;
  assertCount('volumeIou: count', count);
  assertBounds('volumeIou', box);
  let [both, either] = [0, 0];
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    const coords = Float32Array.from({ length: 3 * size }, (_, i) => {
      const [low, high] = box[i % 3]!;
      return low + (high - low) * rng.uniform();
    });
    const [inA, inB] = [await a(coords.slice()), await b(coords)];
    if (inA.length !== size || inB.length !== size)
      throw new RangeError(`volumeIou: wanted ${size} values from each occupancy, got ${inA.length} and ${inB.length}`);
    for (let i = 0; i < size; i++) {
      if (inA[i] && inB[i]) both++;
      if (inA[i] || inB[i]) either++;
    }
  }
  return either === 0 ? 1 : both / either;
};
