import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, elementCount } from '../arrays/array-view.ts';
import { interpolateSignal } from './interpolate.ts';
import type { SampleOptions } from './samples.ts';
import { createSignal } from './signal.ts';
import { assertCellCounts, stratifiedCoordinates } from './stratified.ts';

/** The options of {@link stratifiedSamples}. */
export interface StratifiedSampleOptions extends SampleOptions {
  /** The number of cells along each axis of the grid, e.g. `[64, 64]`; it need not divide the size of the grid. */
  readonly counts: readonly number[];
}

/**
 * One point per step in each of the equal cells into which a signal's grid is divided, uniform in the cell. The points
 * lie between the samples, so their targets are interpolated linearly between neighbouring samples: at a sharp edge
 * they are smoother than the signal.
 *
 * @param values `[...grid, channels]`, e.g. an image `[height, width, channels]`
 * @throws RangeError when `counts` does not fit the grid, and as `samples`
 * @throws TypeError as `samples`
 */
export const stratifiedSamples = (values: ArrayView, given: StratifiedSampleOptions): PointSource => {
  assertOptions('stratifiedSamples', given, {
    counts: 1,
    convention: 1,
    aspect: 1,
    spans: 1,
    valueScale: 1,
    range: 1,
    targets: 1,
  });
  const { counts, ...options } = given;

  const signal = createSignal('stratifiedSamples', values, options);
  assertCellCounts('stratifiedSamples', counts, signal.shape.length);
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
