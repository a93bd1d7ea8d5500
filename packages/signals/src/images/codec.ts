/**
 * @file The interface of the platform's image codec. `#image-codec` is `codec-node.ts` or `codec-browser.ts`, by
 *   `imports` in package.json.
 */
import type { ImageHeader } from './headers/header.ts';
import type { ImageFormat } from './image.ts';

/** Pixels, row-major, channels interleaved, alpha not premultiplied. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
  readonly channels: number;
  /** The stored value that represents 1. */
  readonly maximum: number;
}

/** Decoded pixels, upright (EXIF orientation applied). */
export interface DecodedPixels extends Pixels {
  /** The decoder's message, if it continued in spite of damage. */
  readonly damage?: string;
}

/** Options of a decoder. */
export interface PixelDecoding {
  /** The maximum number of pixels of the image; the decoder enforces it whatever the header says. */
  readonly maxPixels: number;
  /** Decode the readable part of a damaged file. */
  readonly allowDamaged: boolean;
}

/** Options of an encoder. */
export interface PixelEncoding {
  readonly format: ImageFormat;
  /** 1 to 100, for JPEG, WebP and AVIF. */
  readonly quality: number;
}

/** Decodes bytes whose header has been read. A grey image may come back as RGB with equal channels. */
export type DecodePixels = (
  bytes: Uint8Array<ArrayBuffer>,
  header: ImageHeader,
  decoding: PixelDecoding,
) => Promise<DecodedPixels>;

/** Encodes pixels. 16-bit data (`Uint16Array`) is passed for PNG only. */
export type EncodePixels = (pixels: Pixels, encoding: PixelEncoding) => Promise<Uint8Array<ArrayBuffer>>;
