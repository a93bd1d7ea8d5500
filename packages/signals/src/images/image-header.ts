/**
 * @file What the first bytes of an image say, read here and not by the platform's decoder: decoders differ in what they tell (a browser
 * does not say whether a file is grey, has alpha or holds 16 bits) and some show half of a truncated file without a word.
 */
import { describeBytes } from '../bytes/describe-bytes.ts';
import type { ImageFormat } from './image.ts';
import { ImageError } from './image-error.ts';
import { otherImageFormat } from './other-formats.ts';

/** The facts of an image file. Width and height are as stored, before EXIF orientation. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. A palette counts as RGB, CMYK as RGB. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits of a channel: 8, 10, 12 or 16; less than 8 counts as 8. */
  readonly bitDepth: number;
}

/** A header, with whether the bytes end before the image does; or what is wrong with it. */
type Read = (ImageHeader & { readonly truncated: boolean }) | 'truncated' | 'damaged';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const fourCharacters = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

const withAlpha = (grey: boolean, alpha: boolean): 1 | 2 | 3 | 4 => (grey ? (alpha ? 2 : 1) : alpha ? 4 : 3);

/** W3C, Portable Network Graphics (third edition), sections 5 and 11: https://www.w3.org/TR/png-3/ */
const readPng = (bytes: Uint8Array): Read => {
  if (bytes.length < 29) return 'truncated';
  const data = view(bytes);
  const colourType = bytes[25] as number;
  let transparent = false;
  let ended = false;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = data.getUint32(at);
    const type = fourCharacters(bytes, at + 4);
    if (at + 12 + length > bytes.length) break;
    if (type === 'tRNS') transparent = true;
    if (type === 'IEND') {
      ended = true;
      break;
    }
    at += 12 + length;
  }
  return {
    format: 'png',
    width: data.getUint32(16),
    height: data.getUint32(20),
    channels: withAlpha(colourType === 0 || colourType === 4, colourType >= 4 || transparent),
    bitDepth: Math.max(8, bytes[24] as number),
    truncated: !ended,
  };
};

/** ITU-T T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf */
const readJpeg = (bytes: Uint8Array): Read => {
  const data = view(bytes);
  let frame: ImageHeader | undefined;
  let ended = false;
  for (let at = 2; at + 1 < bytes.length && !ended; ) {
    const found = bytes.indexOf(0xff, at);
    if (found < 0 || found + 1 >= bytes.length) break;
    const marker = bytes[found + 1] as number;
    at = found + 1;
    // A stuffed zero, a fill byte and a restart marker stand alone inside the coded data.
    if (marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 0 : 1;
    } else if (marker === 0xd9) {
      ended = true;
    } else {
      if (found + 4 > bytes.length) break;
      const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
      if (isFrame && !frame && found + 10 <= bytes.length)
        frame = {
          format: 'jpeg',
          bitDepth: bytes[found + 4] as number,
          height: data.getUint16(found + 5),
          width: data.getUint16(found + 7),
          channels: bytes[found + 9] === 1 ? 1 : 3,
        };
      at = found + 2 + data.getUint16(found + 2);
    }
  }
  if (!frame) return ended ? 'damaged' : 'truncated';
  return { ...frame, truncated: !ended };
};

/** RFC 9649, sections 2.3 to 2.7 and 3.4. */
const readWebp = (bytes: Uint8Array): Read => {
  if (bytes.length < 30) return 'truncated';
  const data = view(bytes);
  const common = { format: 'webp', bitDepth: 8, truncated: data.getUint32(4, true) + 8 > bytes.length } as const;
  const three = (at: number): number => data.getUint16(at, true) + ((bytes[at + 2] as number) << 16);
  switch (fourCharacters(bytes, 12)) {
    case 'VP8X':
      return { ...common, width: three(24) + 1, height: three(27) + 1, channels: ((bytes[20] as number) & 0x10) !== 0 ? 4 : 3 };
    case 'VP8L': {
      const bits = data.getUint32(21, true);
      return { ...common, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, channels: (bits >>> 28) & 1 ? 4 : 3 };
    }
    case 'VP8 ':
      return { ...common, width: data.getUint16(26, true) & 0x3fff, height: data.getUint16(28, true) & 0x3fff, channels: 3 };
    default:
      return 'damaged';
  }
};

/** Every place in `bytes` before `end` where the four characters stand. */
const findAll = (bytes: Uint8Array, name: string, end: number): number[] => {
  const codes = [...name].map(character => character.charCodeAt(0));
  const places: number[] = [];
  for (
    let at = bytes.indexOf(codes[0] as number);
    at >= 0 && at + codes.length <= end;
    at = bytes.indexOf(codes[0] as number, at + 1)
  )
    if (codes.every((code, i) => bytes[at + i] === code)) places.push(at);
  return places;
};

/** AV1 Image File Format 1.1 (https://aomediacodec.github.io/av1-avif/) on ISO/IEC 23008-12: boxes `ispe`, `av1C`, `auxC`. */
const readAvif = (bytes: Uint8Array): Read => {
  const data = view(bytes);
  let metaEnd = 0;
  let hasData = false;
  let truncated = false;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = data.getUint32(at);
    const length =
      size === 0 ? bytes.length - at : size === 1 && at + 16 <= bytes.length ? Number(data.getBigUint64(at + 8)) : size;
    if (length < 8) return 'damaged';
    if (at + length > bytes.length) truncated = true;
    const type = fourCharacters(bytes, at + 4);
    if (type === 'meta') metaEnd = Math.min(at + length, bytes.length);
    if (type === 'mdat') hasData = true;
    at += length;
  }
  // The coded image lies in `mdat`, or, seldom, in `idat` inside `meta`.
  if (!hasData && findAll(bytes, 'idat', metaEnd).length === 0) truncated = true;
  const sizes = findAll(bytes, 'ispe', metaEnd - 12).map(at => [data.getUint32(at + 8), data.getUint32(at + 12)] as const);
  const configurations = findAll(bytes, 'av1C', metaEnd - 4).map(at => bytes[at + 6] as number);
  if (sizes.length === 0 || configurations.length === 0) return truncated ? 'truncated' : 'damaged';
  // A grid's tiles are listed too: the image is the largest. Alpha is an item of its own, always monochrome.
  const [width, height] = sizes.reduce((a, b) => (b[0] * b[1] > a[0] * a[1] ? b : a));
  const grey = configurations.every(flags => (flags & 0x10) !== 0);
  const alpha = findAll(bytes, 'auxiliary:alpha', metaEnd).length > 0;
  const bits = Math.max(...configurations.map(flags => ((flags & 0x40) === 0 ? 8 : (flags & 0x20) === 0 ? 10 : 12)));
  return { format: 'avif', width, height, channels: withAlpha(grey, alpha), bitDepth: bits, truncated };
};

const isAvif = (bytes: Uint8Array): boolean => {
  if (fourCharacters(bytes, 4) !== 'ftyp') return false;
  const end = Math.min(view(bytes).getUint32(0), bytes.length, 256);
  for (let at = 8; at + 4 <= end; at += 4) if (['avif', 'avis'].includes(fourCharacters(bytes, at))) return true;
  return false;
};

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const formatOf = (bytes: Uint8Array): ImageFormat | undefined => {
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (fourCharacters(bytes, 0) === 'RIFF' && fourCharacters(bytes, 8) === 'WEBP') return 'webp';
  return bytes.length >= 12 && isAvif(bytes) ? 'avif' : undefined;
};

const READERS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Read>> = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
  avif: readAvif,
};

/**
 * Reads format, size, channels and bit depth of a PNG, JPEG, WebP or AVIF file.
 *
 * @throws ImageError with the problem `empty-file`, `not-an-image`, `unsupported`, `truncated`, `damaged` or `too-small`
 */
export const readImageHeader = (bytes: Uint8Array): ImageHeader => {
  if (bytes.length === 0) throw new ImageError('empty-file', 'decodeImage: wanted the bytes of an image, got 0 bytes');
  const format = formatOf(bytes);
  if (!format) {
    const other = otherImageFormat(bytes);
    if (other) throw new ImageError('unsupported', `decodeImage: wanted PNG, JPEG, WebP or AVIF, got ${other}`);
    throw new ImageError('not-an-image', `decodeImage: wanted PNG, JPEG, WebP or AVIF, got ${describeBytes(bytes)}`);
  }
  const name = format.toUpperCase();
  const read = READERS[format](bytes);
  if (read === 'damaged') throw new ImageError('damaged', `decodeImage: the ${name} image has no readable header`);
  if (read === 'truncated' || read.truncated)
    throw new ImageError('truncated', `decodeImage: the ${name} image ends early, after ${bytes.length} bytes`);
  const { truncated, ...header } = read;
  const { width, height } = header;
  if (width === 0 || height === 0)
    throw new ImageError('too-small', `decodeImage: the image must have at least one pixel, got ${width} x ${height} (${name})`);
  return header;
};
