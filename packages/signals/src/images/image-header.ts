/**
 * @file Reads image headers independently of the platform's decoder: decoders differ in what they report (a browser
 *   does not tell whether a file is grey, has alpha or has 16 bits), and some decode half of a truncated file without
 *   an error.
 */
import { describeBytes } from '../bytes/describe-bytes.ts';
import { isAvif, readAvifHeader } from './headers/avif-header.ts';
import { type FoundHeader, fourCharacters, type ImageHeader } from './headers/header.ts';
import { readJpegHeader } from './headers/jpeg-header.ts';
import { readPngHeader } from './headers/png-header.ts';
import { readWebpHeader } from './headers/webp-header.ts';
import type { ImageFormat } from './image.ts';
import { ImageError } from './image-error.ts';
import { otherFormat } from './other-formats.ts';

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const formatOf = (bytes: Uint8Array): ImageFormat | undefined => {
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (fourCharacters(bytes, 0) === 'RIFF' && fourCharacters(bytes, 8) === 'WEBP') return 'webp';
  return isAvif(bytes) ? 'avif' : undefined;
};

const READERS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => FoundHeader>> = {
  png: readPngHeader,
  jpeg: readJpegHeader,
  webp: readWebpHeader,
  avif: readAvifHeader,
};

/** The error of an image that ends early. */
export const truncatedError = (format: ImageFormat, bytes: Uint8Array): ImageError =>
  new ImageError(
    'truncated',
    'decodeImage',
    `the ${format.toUpperCase()} image ends early, after ${bytes.length} bytes`,
  );

/**
 * Reads format, size, channels and bit depth of a PNG, JPEG, WebP or AVIF file, in time linear in its length.
 *
 * @throws ImageError with the problem `empty-file`, `not-an-image`, `unsupported`, `truncated` (before the header's
 *   end), `damaged` or `too-small`
 */
export const readImageHeader = (bytes: Uint8Array): ImageHeader => {
  if (bytes.length === 0)
    throw new ImageError('empty-file', 'decodeImage', 'wanted the bytes of an image, got 0 bytes');
  const format = formatOf(bytes);
  if (!format) {
    const other = otherFormat(bytes);
    if (other)
      throw new ImageError('unsupported', 'decodeImage', `wanted PNG, JPEG, WebP or AVIF, got ${other}`, {
        got: other,
      });
    const got = describeBytes(bytes);
    throw new ImageError('not-an-image', 'decodeImage', `wanted PNG, JPEG, WebP or AVIF, got ${got}`, { got });
  }
  const name = format.toUpperCase();
  const header = READERS[format](bytes);
  if (header === 'damaged') throw new ImageError('damaged', 'decodeImage', `the ${name} image has no readable header`);
  if (header === 'truncated') throw truncatedError(format, bytes);
  const { width, height } = header;
  if (width === 0 || height === 0)
    throw new ImageError(
      'too-small',
      'decodeImage',
      `the image must have at least one pixel, got ${width} x ${height} (${name})`,
    );
  return header;
};
