import { createRng } from '@neural-fields/core';
import { type ArrayView, copyElements, elementCount, formatShape } from '../arrays/array-view.ts';
import { assertFinite } from '../arrays/assert-finite.ts';
import { createPermutation } from './permutation.ts';
import { createPointSet, type PointSet } from './point-set.ts';

/** Which points of a set are kept. */
export type Selection =
  /**
   * Those where the mask is not 0. It has the set's number of elements, in the set's order: `[height, width]` for an
   * image.
   */
  | { readonly mask: ArrayView }
  /** `round(fraction * size)` points chosen at random by the seed, in random order. */
  | { readonly fraction: number; readonly seed: number };

/**
 * The same part of a set in every step: fitting to it and looking at the rest is inpainting.
 *
 * A mask costs 8 bytes for each kept point, a fraction nothing.
 *
 * @throws RangeError when the mask has another size, nothing would be kept, or the fraction is not in (0, 1]
 */
export const subset = (points: PointSet, selection: Selection): PointSet => {
  if ('mask' in selection) {
    const { mask } = selection;
    if (elementCount(mask.shape) !== points.size)
      throw new RangeError(
        `subset: the mask must have ${points.size} elements, one a point, got ${formatShape(mask.shape)}`,
      );
    assertFinite('subset', 'the numbers of the mask', mask);
    const kept = copyElements(mask, new Float64Array(points.size));
    let size = 0;
    for (let i = 0; i < kept.length; i++) if (kept[i] !== 0) kept[size++] = i;
    if (size === 0) throw new RangeError(`subset: the mask must keep a point, got ${points.size} zeros`);
    const numbers = kept.slice(0, size);
    return createPointSet(points.inFeatures, size, places =>
      points.at(chosen('subset', places, size, place => numbers[place]!)),
    );
  }
  const { fraction, seed } = selection;
  const size = Math.round(fraction * points.size);
  if (!(fraction > 0 && fraction <= 1 && size >= 1))
    throw new RangeError(
      `subset: fraction must be in (0, 1] and keep at least one of ${points.size} points, got ${fraction}`,
    );
  const permutation = createPermutation(points.size, createRng(seed));
  return createPointSet(points.inFeatures, size, places => points.at(chosen('subset', places, size, permutation)));
};

const chosen = (
  caller: string,
  places: ArrayLike<number>,
  size: number,
  numberAt: (place: number) => number,
): Float64Array =>
  Float64Array.from(places, place => {
    if (Number.isInteger(place) && place >= 0 && place < size) return numberAt(place);
    throw new RangeError(`${caller}: a point's number must be an integer from 0 to ${size - 1}, got ${place}`);
  });
