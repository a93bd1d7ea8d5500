import { assertOptions } from '@neural-fields/core/options';
import { encodePixels } from '#image-codec';
import type { ArrayView } from '../arrays/array-view.ts';
import { finishInSlices, type WorkOptions, watchedPart } from '../work/work.ts';
import { assertImage, type ImageFormat } from './image.ts';
import { ImageError } from './image-error.ts';
import { type BitDepth, quantiseArray } from './quantise.ts';

/** The options of {@link encodeImage}. */
export interface EncodeImageOptions extends WorkOptions {
  readonly format: ImageFormat;
  /** Bits per channel; 16 is supported for PNG in Node. Default: 8. */
  readonly bitDepth?: BitDepth;
  /** 1 (smallest file) to 100 (best), for JPEG, WebP and AVIF. Default: 90. */
  readonly quality?: number;
}

/** The longest side that each format can represent. */
const MAX_SIDE: Readonly<Record<ImageFormat, number>> = {
  png: 2 ** 31 - 1,
  jpeg: 65_535,
  webp: 16_383,
  avif: 16_384,
};

/**
 * Encodes an image `[height, width, channels]`. Values are clipped to [0, 1] and rounded to the bit depth.
 *
 * PNG is exact up to rounding. JPEG, WebP and AVIF are lossy, depending on `quality`; JPEG and AVIF keep the full
 * colour resolution (4:4:4). WebP and AVIF store grey as RGB. Encoding does not block the event loop: values are
 * rounded in slices, and the platform encodes asynchronously.
 *
 * @throws RangeError when the shape is not that of an image, a value is NaN, the quality is out of range, or the image
 *   has alpha and the format is JPEG
 * @throws ImageError `unsupported` for 16 bits outside PNG or in a browser, `too-large` for a side that the format
 *   cannot represent
 * @throws the reason of `signal` when it is aborted
 */
export const encodeImage = async (image: ArrayView, options: EncodeImageOptions): Promise<Uint8Array<ArrayBuffer>> => {
  assertOptions('encodeImage', options, { format: 1, bitDepth: 1, quality: 1, onProgress: 1, signal: 1 });

  const { format, bitDepth = 8, quality = 90 } = options;
  assertImage('encodeImage', image);
  const [height, width, channels] = image.shape as [number, number, number];
  const name = format.toUpperCase();
  if (!(Number.isInteger(quality) && quality >= 1 && quality <= 100))
    throw new RangeError(`encodeImage: quality must be an integer from 1 to 100, got ${quality}`);
  if (bitDepth !== 8 && bitDepth !== 16)
    throw new RangeError(`encodeImage: bitDepth must be 8 or 16, got ${bitDepth as number}`);
  if (bitDepth === 16 && format !== 'png')
    throw new ImageError('unsupported', 'encodeImage', `16 bits per channel need PNG, got ${name}`);
  if (format === 'jpeg' && (channels === 2 || channels === 4))
    throw new RangeError(`encodeImage: JPEG has no alpha: image must have 1 or 3 channels, got ${channels}`);
  if (Math.max(width, height) > MAX_SIDE[format])
    throw new ImageError(
      'too-large',
      'encodeImage',
      `the sides of a ${name} image must be at most ${MAX_SIDE[format]}, got ${width} x ${height}`,
    );
  const data = await finishInSlices(quantiseArray('encodeImage', image, bitDepth), watchedPart(options, 0, 0.5));
  return encodePixels({ data, width, height, channels, maximum: 2 ** bitDepth - 1 }, { format, quality });
};
