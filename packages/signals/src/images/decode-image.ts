import { decodePixels } from '#image-codec';
import { type ChannelOptions, imageFromPixels } from './channels.ts';
import type { Image } from './image.ts';
import { ImageError } from './image-error.ts';
import { readImageHeader } from './image-header.ts';

/** How an image file is read. */
export interface DecodeImageOptions extends ChannelOptions {
  /** Refuse files with more pixels than this. Default: 2^28, the 16384 x 16384 pixels that take 3 GB as RGB. */
  readonly maxPixels?: number;
}

/**
 * Decodes a PNG, JPEG, WebP or AVIF file into an image `f32[height, width, channels]` in [0, 1].
 *
 * The values are those that the file stores, divided by its maximum: no colour profile is applied and nothing is linearised. EXIF
 * orientation is applied. Grey is Rec. 601 luma. Of an animation the first frame is read. In Node the package `sharp` decodes, 8 bits and
 * PNG's 16; in a browser the browser, 8 bits only.
 *
 * @throws ImageError when the bytes are not such a file, or not a whole one
 * @throws RangeError when a pixel is not opaque and `alpha` is `error`
 */
export const decodeImage = async (bytes: Uint8Array | ArrayBuffer, options: DecodeImageOptions = {}): Promise<Image> => {
  const { maxPixels = 2 ** 28 } = options;
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : (bytes as Uint8Array<ArrayBuffer>);
  const header = readImageHeader(file);
  if (header.width * header.height > maxPixels)
    throw new ImageError(
      'too-large',
      `decodeImage: the image may have up to ${maxPixels} pixels (maxPixels), got ${header.width} x ${header.height}`,
    );
  if (header.bitDepth !== 8 && header.bitDepth !== 16)
    throw new ImageError(
      'unsupported',
      `decodeImage: images of 8 bits a channel are read, and PNG of 16; got ${header.format.toUpperCase()} of ${header.bitDepth} bits`,
    );
  return imageFromPixels(await decodePixels(file, header), header.channels, options);
};
