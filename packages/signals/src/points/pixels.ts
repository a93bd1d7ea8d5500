import { type ArrayView, formatShape } from '../arrays/array-view.ts';
import type { GridOptions } from '../grids/axis.ts';
import type { PointSet } from './point-set.ts';
import { createSignal, type Signal, type ValueOptions } from './signal.ts';
import { signalPoints } from './signal-points.ts';

/** How pixels become points: their coordinates and their values. */
export interface PixelOptions extends GridOptions, ValueOptions {}

/**
 * An image, video or volume as a signal; the channel axis must be there, or `[height, width]` would pass for one row of
 * many channels.
 */
export const pixelSignal = (caller: string, image: ArrayView, options: PixelOptions): Signal => {
  if (image.shape.length < 3)
    throw new RangeError(
      `${caller}: the image must be [height, width, channels] or of more axes, got ${formatShape(image.shape)}`,
    );
  return createSignal(caller, image, options);
};

/**
 * Every pixel of an image `[height, width, channels]`, of a video `[frames, height, width, channels]` or of a volume,
 * in row-major order, in every step. Coordinates as `gridCoordinates` gives them; the target `value` is `[n, channels]`
 * in `range`.
 *
 * @throws RangeError when the array is empty or has fewer than three axes, a value is NaN or infinite, or an option is
 *   out of range
 * @throws TypeError when an integer array comes without `valueScale`
 */
export const pixels = (image: ArrayView, options: PixelOptions = {}): PointSet =>
  signalPoints('pixels', pixelSignal('pixels', image, options));
