import type { Rng } from '@neural-fields/core';
import { assertCount } from '../sampling/assert-count.ts';
import { assertBox, type Box, UNIT_BOX } from '../surfaces/grid.ts';
import type { ScalarFunction } from '../surfaces/scalar-function.ts';

/** Tells which points are inside: not 0 for those that are, one number a point of `coords` f32[n, 3]. */
export type Occupancy = (coords: Float32Array) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** Where two volumes are compared. */
export interface VolumeIouOptions {
  readonly rng: Rng;
  /** Random points. Default: 100,000, as Mescheder et al. 2019 have. */
  readonly count?: number;
  /** Default: [-1, 1]^3. */
  readonly box?: Box;
}

/** Points at once. */
const BATCH = 16_384;

/** The inside of a function as an occupancy: where it is below a level (0 if absent), as of a signed distance. */
export const below =
  (source: ScalarFunction, level = 0): Occupancy =>
  async coords =>
    Uint8Array.from(await source.evaluate(coords), value => (value < level ? 1 : 0));

/**
 * The intersection over union of two volumes, |A and B| / |A or B|, from random points uniform in a box. 1 is best, and
 * is also given where neither has a point.
 *
 * Its standard error is about sqrt(iou (1 - iou) / n), n the number of points in the union.
 *
 * @throws RangeError when the box or the count is wrong, or an occupancy has not one number for each point
 */
export const volumeIou = async (a: Occupancy, b: Occupancy, options: VolumeIouOptions): Promise<number> => {
  const { rng, count = 100_000, box = UNIT_BOX } = options;
  assertCount('volumeIou', 'count', count, 1);
  assertBox('volumeIou', box);
  let [both, either] = [0, 0];
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    const coords = Float32Array.from({ length: 3 * size }, (_, i) => {
      const [low, high] = box[i % 3]!;
      return low + (high - low) * rng.uniform();
    });
    const [inA, inB] = [await a(coords.slice()), await b(coords)];
    if (inA.length !== size || inB.length !== size)
      throw new RangeError(`volumeIou: wanted ${size} numbers from each side, got ${inA.length} and ${inB.length}`);
    for (let i = 0; i < size; i++) {
      if (inA[i] && inB[i]) both++;
      if (inA[i] || inB[i]) either++;
    }
  }
  return either === 0 ? 1 : both / either;
};
