import { extname } from 'node:path';
import { type ReadFileOptions, readFileBytes, writeFileAtomically } from '@neural-fields/core/node';
import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { type DecodedImage, type DecodeImageOptions, decodeImage } from '../images/decode-image.ts';
import { type EncodeImageOptions, encodeImage } from '../images/encode-image.ts';
import type { ImageFormat } from '../images/image.ts';
import { ImageError } from '../images/image-error.ts';

/** The options of {@link readImage}. */
export interface ReadImageOptions extends DecodeImageOptions, ReadFileOptions {}

/** The options of {@link writeImage}. */
export interface WriteImageOptions extends Omit<EncodeImageOptions, 'format'> {
  /** Default: the format of the path's extension. */
  readonly format?: ImageFormat;
}

const EXTENSIONS: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.avif': 'avif',
};

/**
 * The format of a path's extension.
 *
 * @throws RangeError for any other extension
 */
export const imageFormatOf = (caller: string, path: string): ImageFormat => {
  const format = EXTENSIONS[extname(path).toLowerCase()];
  if (!format)
    throw new RangeError(`${caller}: the path must end in ${Object.keys(EXTENSIONS).join(', ')}, got '${path}'`);
  return format;
};

/** Runs `action`, and adds the path to the message of an `ImageError`. */
const naming = async <T>(path: string, action: () => Promise<T>): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ImageError)
      throw new ImageError(error.problem, error.caller, error.reason, { ...error.parts, path, cause: error });
    throw error;
  }
};

/**
 * Reads an image file: `decodeImage` of its bytes. The format is determined by the bytes, not by the extension.
 *
 * @returns `f32[height, width, channels]` in [0, 1]
 * @throws FileError when the file cannot be read, or is larger than `maxBytes`
 * @throws ImageError when it is not a complete image; the message contains the path
 * @throws RangeError as `decodeImage`
 */
export const readImage = async (path: string, options: ReadImageOptions = {}): Promise<DecodedImage> => {
  assertOptions('readImage', options, {
    maxPixels: 1,
    allowDamaged: 1,
    channels: 1,
    alpha: 1,
    background: 1,
    onProgress: 1,
    signal: 1,
    maxBytes: 1,
  });

  const { maxBytes, ...decoding } = options;
  const bytes = await readFileBytes(path, maxBytes === undefined ? {} : { maxBytes });
  return naming(path, () => decodeImage(bytes, decoding));
};

/**
 * Writes an image file: `encodeImage`, then an atomic write, so that a reader sees either the old file or the new one.
 *
 * @param image `[height, width, channels]`, values in [0, 1]
 * @throws FileError when the file cannot be written; the old file is then untouched
 * @throws RangeError, ImageError as `encodeImage`, or when the extension is not that of a format
 */
export const writeImage = async (path: string, image: ArrayView, options: WriteImageOptions = {}): Promise<void> => {
  assertOptions('writeImage', options, { format: 1, bitDepth: 1, quality: 1, onProgress: 1, signal: 1 });

  const format = options.format ?? imageFormatOf('writeImage', path);
  await writeFileAtomically(path, await naming(path, () => encodeImage(image, { ...options, format })));
};
