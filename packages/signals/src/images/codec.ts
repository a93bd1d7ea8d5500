/**
 * @file What the platform's image codec does. `#image-codec` is one of `codec-node.ts` and `codec-browser.ts`, by
 * package.json's `imports`.
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
  /** The stored value that means 1. */
  readonly maximum: number;
}

/** Decoded pixels, upright (EXIF orientation applied). */
export interface DecodedPixels extends Pixels {
  /** What the decoder complained of, where it was told to go on. */
  readonly damage?: string;
}

/** What a decoder may do. */
export interface PixelDecoding {
  /** The most pixels that the image may have; the decoder holds to it whatever the header says. */
  readonly maxPixels: number;
  /** Give what can be read of a damaged file. */
  readonly allowDamaged: boolean;
}

/** How pixels are to be written. */
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

/** Encodes pixels. 16-bit data (`Uint16Array`) comes only for PNG. */
export type EncodePixels = (pixels: Pixels, encoding: PixelEncoding) => Promise<Uint8Array<ArrayBuffer>>;
