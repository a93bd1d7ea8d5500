import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import type { GridOptions } from '../grids/axis.ts';
import type { PointSet } from './point-set.ts';
import { createSignal, type ValueOptions } from './signal.ts';
import { signalPoints } from './signal-points.ts';

/** The options of {@link samples}: the coordinates of the grid, and the scale of the values. */
export interface SampleOptions extends GridOptions, ValueOptions {}

/**
 * Every sample of a signal on a grid, in row-major order, in every step: of a video `[frames, height, width, channels]`
 * or a volume `[depth, height, width, channels]`, for example. The coordinates are those of `gridCoordinates`; the
 * target `value` is `[n, channels]` in `range`.
 *
 * @param signal `[...grid, channels]`; the last axis always holds the channels
 * @throws RangeError when the array is empty or has fewer than two axes, a value is NaN or infinite, or an option is
 *   out of range
 * @throws TypeError when an integer array comes without `valueScale`
 */
export const samples = (signal: ArrayView, options: SampleOptions = {}): PointSet => {
  assertOptions('samples', options, { convention: 1, aspect: 1, spans: 1, valueScale: 1, range: 1, targets: 1 });
  return signalPoints('samples', createSignal('samples', signal, options));
};
