import { assertOptions } from '@neural-fields/core/options';
import { decodePixels } from '#image-codec';
import type { DecodeNote } from '../decode-note.ts';
import { finishInSlices, type WorkOptions, watchedPart } from '../work/work.ts';
import { assertChannelOptions, type ChannelOptions, imageFromPixels } from './channels.ts';
import type { ImageHeader } from './headers/header.ts';
import type { Image } from './image.ts';
import { ImageError, tooManyPixels } from './image-error.ts';
import { readImageHeader, truncatedError } from './image-header.ts';
import { jpegDamage } from './jpeg-damage.ts';

/** The options of {@link decodeImage}. */
export interface DecodeImageOptions extends ChannelOptions, WorkOptions {
  /**
   * The maximum number of pixels. Default: 2^28, i.e. 16384 x 16384 pixels, which take 3 GB as RGB. The codec enforces
   * it too, whatever the header says.
   */
  readonly maxPixels?: number;
  /**
   * Decode the readable part of a file that ends early or is damaged, and add a note. The missing part is grey, black
   * or transparent, depending on the decoder. Default: false, such files throw.
   */
  readonly allowDamaged?: boolean;
}

/** An image decoded from a file. */
export interface DecodedImage extends Image {
  /** Remarks on irregularities of the file; usually empty. */
  readonly notes: readonly DecodeNote[];
}

/** Tiles may exceed the image that is cropped from them: up to twice, plus one tile of 1024 x 1024 pixels. */
const codedLimit = (maxPixels: number): number => 2 * maxPixels + 2 ** 20;

const assertReadable = ({ format, width, height, bitDepth, codedPixels }: ImageHeader, maxPixels: number): void => {
  if (width * height > maxPixels) throw tooManyPixels(maxPixels, `${width} x ${height}`);
  if (codedPixels > codedLimit(maxPixels))
    throw tooManyPixels(maxPixels, `${width} x ${height} made of ${codedPixels} coded pixels`);
  if (bitDepth !== 8 && bitDepth !== 16)
    throw new ImageError(
      'unsupported',
      'decodeImage',
      `images must have 8 bits per channel, or 16 for PNG; got ${format.toUpperCase()} of ${bitDepth} bits`,
    );
};

/** Rejects a result of the decoder that disagrees with the header that was read. */
const assertAgrees = (header: ImageHeader, pixels: { width: number; height: number; channels: number }): void => {
  const { width, height } = header;
  const upright = pixels.width === width && pixels.height === height;
  const turned = pixels.width === height && pixels.height === width;
  const hasAlpha = header.channels === 2 || header.channels === 4;
  if ((upright || turned) && !(hasAlpha && (pixels.channels === 1 || pixels.channels === 3))) return;
  throw new ImageError(
    'damaged',
    'decodeImage',
    `the ${header.format.toUpperCase()} header says ${width} x ${height} with ${header.channels} channels, and the decoder gives ` +
      `${pixels.width} x ${pixels.height} with ${pixels.channels}`,
  );
};

/** Describes damage that can be found without decoding the file. */
const findDamage = async (
  bytes: Uint8Array,
  { format, truncated }: ImageHeader,
  watch: WorkOptions,
): Promise<ImageError | undefined> => {
  if (truncated) return truncatedError(format, bytes);
  const damage = format === 'jpeg' ? await finishInSlices(jpegDamage(bytes), watch) : undefined;
  return damage === undefined
    ? undefined
    : new ImageError('damaged', 'decodeImage', `the JPEG image is incomplete: ${damage}`);
};

/**
 * Decodes a PNG, JPEG, WebP or AVIF file into an image `f32[height, width, channels]` in [0, 1].
 *
 * The values are those stored in the file, divided by the maximum: no colour profile is applied and nothing is
 * linearised. EXIF orientation is applied. Grey is Rec. 601 luma. Only the first frame of an animation is decoded. In
 * Node the package `sharp` decodes 8 bits, and 16 for PNG; browsers decode 8 bits. Neither blocks the event loop: the
 * platform decodes asynchronously, and the rest runs in slices.
 *
 * Memory: 4 bytes per pixel and channel for the result, and up to 16 more per pixel while decoding.
 *
 * @throws ImageError when the bytes are not such a file, or not a complete one
 * @throws RangeError when a pixel is not opaque and `alpha` is `error`, or `maxPixels` is not a positive number
 * @throws the reason of `signal` when it is aborted
 */
export const decodeImage = async (
  bytes: Uint8Array | ArrayBuffer,
  options: DecodeImageOptions = {},
): Promise<DecodedImage> => {
  assertOptions('decodeImage', options, {
    maxPixels: 1,
    allowDamaged: 1,
    channels: 1,
    alpha: 1,
    background: 1,
    onProgress: 1,
    signal: 1,
  });

  assertChannelOptions('decodeImage', options);
  const { maxPixels = 2 ** 28, allowDamaged = false, signal } = options;
  if (!(maxPixels >= 1)) throw new RangeError(`decodeImage: maxPixels must be a positive number, got ${maxPixels}`);
  signal?.throwIfAborted();
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : (bytes as Uint8Array<ArrayBuffer>);
  const header = readImageHeader(file);
  assertReadable(header, maxPixels);
  const damaged = await findDamage(file, header, watchedPart(options, 0, 0.3));
  if (damaged && !allowDamaged) throw damaged;
  const limit = Math.min(Math.floor(maxPixels), Number.MAX_SAFE_INTEGER);
  const pixels = await decodePixels(file, header, { maxPixels: limit, allowDamaged });
  signal?.throwIfAborted();
  assertAgrees(header, pixels);
  const image = await finishInSlices(imageFromPixels(pixels, header.channels, options), watchedPart(options, 0.5, 0.5));
  const damage = damaged?.reason ?? pixels.damage;
  const notes: readonly DecodeNote[] =
    damage === undefined ? [] : [{ kind: 'damaged', text: `${damage}; the readable part is used` }];
  return { ...image, notes };
};
