import type { PointSource } from '@neural-fields/core';
import { type ArrayView, elementCount } from '../arrays/array-view.ts';
import { interpolateSignal } from './interpolate.ts';
import { type PixelOptions, pixelSignal } from './pixels.ts';
import { assertCellCounts, stratifiedCoordinates } from './stratified.ts';

/** `PixelOptions`, and the cells. */
export interface StratifiedPixelOptions extends PixelOptions {
  /** The number of cells along each axis of the grid, e.g. `[64, 64]`; it need not divide the image's size. */
  readonly counts: readonly number[];
}

/**
 * One point a step in each cell of an image (or video, or volume) that is cut into equal cells, uniform in the cell.
 * The points lie between the pixels, so their targets are interpolated linearly from the neighbouring pixels: at a
 * sharp edge they are smoother than the image.
 *
 * @throws RangeError when `counts` does not fit the image, and as `pixels`
 * @throws TypeError as `pixels`
 */
export const stratifiedPixels = (image: ArrayView, { counts, ...options }: StratifiedPixelOptions): PointSource => {
  const signal = pixelSignal('stratifiedPixels', image, options);
  assertCellCounts('stratifiedPixels', counts, signal.shape.length);
  const box = signal.axes.map(({ low, high }) => [low, high] as const);
  return {
    inFeatures: signal.shape.length,
    pointsPerStep: elementCount(counts),
    fixed: false,
    draw(start, count, rng) {
      const coords = stratifiedCoordinates(box, counts, { start, count, rng });
      return { coords, targets: interpolateSignal(signal, coords) };
    },
  };
};
