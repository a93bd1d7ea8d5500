import { type ArrayView, formatShape } from '../arrays/array-view.ts';
import type { DenseArray } from '../arrays/dense-array.ts';

/**
 * An image: `f32[height, width, channels]`, rows (y, downwards) first, row-major, values in [0, 1] as the file encodes
 * them (usually sRGB's transfer curve, not linear light). Channels: 1 grey, 2 grey + alpha, 3 red green blue, 4 RGB +
 * alpha; alpha is not premultiplied.
 */
export type Image = DenseArray;

/** The supported file formats. */
export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'avif';

/**
 * Checks that an array has the shape of a non-empty image.
 *
 * @throws RangeError when the shape is not `[height, width, channels]` with 1 to 4 channels and at least one pixel
 */
export const assertImage = (caller: string, image: ArrayView): void => {
  const [height, width, channels] = image.shape;
  const right =
    image.shape.length === 3 &&
    (height as number) >= 1 &&
    (width as number) >= 1 &&
    [1, 2, 3, 4].includes(channels as number);
  if (!right)
    throw new RangeError(
      `${caller}: image must be [height, width, channels] with 1 to 4 channels, got ${formatShape(image.shape)}`,
    );
};
