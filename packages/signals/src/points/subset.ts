import { createRng } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, copyElements, elementCount, formatShape } from '../arrays/array-view.ts';
import { assertFinite } from '../arrays/assert-finite.ts';
import { createPermutation } from './permutation.ts';
import { createPointSet, type PointSet } from './point-set.ts';

/** The selection of points from a set. */
export type Selection =
  /**
   * The points where the mask is not 0. The mask has one element per point, in the set's order: `[height, width]` for
   * an image.
   */
  | { readonly mask: ArrayView }
  /** `round(fraction * size)` points chosen at random with the seed, in random order. */
  | { readonly fraction: number; readonly seed: number };

/**
 * Selects a part of a set, the same in every step. Fitting to it and evaluating at the other points is inpainting.
 *
 * A mask takes 8 bytes of memory per selected point, a fraction none.
 *
 * @throws RangeError when the mask has another size, nothing is selected, or the fraction is not in (0, 1]
 */
export const subset = (points: PointSet, selection: Selection): PointSet => {
  assertOptions('subset', selection, { mask: 1, fraction: 1, seed: 1 });

  if ('mask' in selection) {
    const { mask } = selection;
    if (elementCount(mask.shape) !== points.size)
      throw new RangeError(
        `subset: the mask must have ${points.size} elements, one per point, got ${formatShape(mask.shape)}`,
      );
    assertFinite('subset', 'the values of the mask', mask);
    const kept = copyElements(mask, new Float64Array(points.size));
    let size = 0;
    for (let i = 0; i < kept.length; i++) if (kept[i] !== 0) kept[size++] = i;
    if (size === 0) throw new RangeError(`subset: the mask must select at least one point, got ${points.size} zeros`);
    const keptIndices = kept.slice(0, size);
    return createPointSet(points.inFeatures, size, indices =>
      points.at(mapIndices('subset', indices, size, index => keptIndices[index]!)),
    );
  }
  const { fraction, seed } = selection;
  const size = Math.round(fraction * points.size);
  if (!(fraction > 0 && fraction <= 1 && size >= 1))
    throw new RangeError(
      `subset: fraction must be in (0, 1] and select at least one of ${points.size} points, got ${fraction}`,
    );
  const permutation = createPermutation(points.size, createRng(seed));
  return createPointSet(points.inFeatures, size, indices =>
    points.at(mapIndices('subset', indices, size, permutation)),
  );
};

const mapIndices = (
  caller: string,
  indices: ArrayLike<number>,
  size: number,
  indexOf: (index: number) => number,
): Float64Array =>
  Float64Array.from(indices, index => {
    if (Number.isInteger(index) && index >= 0 && index < size) return indexOf(index);
    throw new RangeError(`${caller}: a point's index must be an integer from 0 to ${size - 1}, got ${index}`);
  });
