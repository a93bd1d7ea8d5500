import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, formatShape } from '../arrays/array-view.ts';
import type { PointSet } from './point-set.ts';
import type { SampleOptions } from './samples.ts';
import { createSignal } from './signal.ts';
import { signalPoints } from './signal-points.ts';

/**
 * Every pixel of an image in row-major order, in every step. The coordinates are those of `gridCoordinates`; the target
 * `value` is `[n, channels]` in `range`. For videos and volumes use `samples`.
 *
 * @param image `[height, width, channels]`; the axis of channels is needed even for one channel
 * @throws RangeError when the array is empty or does not have three axes, a value is NaN or infinite, or an option is
 *   out of range
 * @throws TypeError when an integer array comes without `valueScale`
 */
export const pixels = (image: ArrayView, options: SampleOptions = {}): PointSet => {
  assertOptions('pixels', options, { convention: 1, aspect: 1, spans: 1, valueScale: 1, range: 1, targets: 1 });

  const { shape } = image;
  if (shape.length !== 3)
    throw new RangeError(
      `pixels: image must be [height, width, channels], got ${formatShape(shape)}${shape.length > 3 ? '; use samples' : ''}`,
    );
  return signalPoints('pixels', createSignal('pixels', image, options));
};
