import type { PointSource, Rng } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { elementCount, formatShape } from '../arrays/array-view.ts';
import { assertBox, type Box } from './box.ts';
import { drawNumbers, nextUniform } from './draw-numbers.ts';

/**
 * One point per cell of a box divided into `counts` cells, uniform in the cell, in row-major order: `f32[n,
 * box.length]`.
 */
export const stratifiedCoordinates = (
  box: Box,
  counts: readonly number[],
  { start, count, rng }: { readonly start: number; readonly count: number; readonly rng: Rng },
): Float32Array<ArrayBuffer> => {
  const width = box.length;
  const jitter = drawNumbers(rng, { start, count, width }, nextUniform);
  const coords = new Float32Array(count * width);
  for (let point = 0; point < count; point++) {
    let rest = start + point;
    for (let axis = width - 1; axis >= 0; axis--) {
      const cells = counts[axis]!;
      const cell = rest % cells;
      rest = (rest - cell) / cells;
      const [low, high] = box[axis]!;
      coords[point * width + axis] = low + ((high - low) * (cell + jitter[point * width + axis]!)) / cells;
    }
  }
  return coords;
};

/**
 * @throws RangeError when `counts` is not one positive integer for each axis
 */
export const assertCellCounts = (caller: string, counts: readonly number[], axes: number): void => {
  if (counts.length !== axes || !counts.every(count => Number.isSafeInteger(count) && count >= 1))
    throw new RangeError(
      `${caller}: counts must be ${axes} positive integers, one for each axis, got ${formatShape(counts)}`,
    );
};

/**
 * One point per step in each of `counts[0]` x `counts[1]` x ... equal cells of a box, uniform in the cell, without
 * targets. Averages over the box have a lower variance than with `uniform`.
 *
 * @throws RangeError when the box or the counts are invalid
 */
export const stratified = (box: Box, options: { readonly counts: readonly number[] }): PointSource => {
  assertOptions('stratified', options, { counts: 1 });
  const { counts } = options;

  assertBox('stratified', box);
  assertCellCounts('stratified', counts, box.length);
  return {
    inFeatures: box.length,
    pointsPerStep: elementCount(counts),
    fixed: false,
    draw: (start, count, rng) => ({ coords: stratifiedCoordinates(box, counts, { start, count, rng }) }),
  };
};
