import type { ImageFormat } from '../image.ts';

/** The header of an image file. Width and height are as stored, before EXIF orientation. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. A palette counts as RGB, CMYK as RGB. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits per channel: 8, 10, 12 or 16; fewer than 8 count as 8. */
  readonly bitDepth: number;
  /**
   * The maximum number of pixels that a decoder produces for any part of the file; more than `width * height` if tiles
   * exceed the image.
   */
  readonly codedPixels: number;
  /** Whether the bytes end before the image does. */
  readonly truncated: boolean;
}

/** The result of a format's reader: a header, or why there is none. */
export type FoundHeader = ImageHeader | 'truncated' | 'damaged';

/** A `DataView` of a file. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The four-character name of a chunk or box; shorter at the end of the file. */
export const fourCharacters = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

/** The number of channels of a grey or colour image, with or without alpha. */
export const channelsOf = (grey: boolean, alpha: boolean): 1 | 2 | 3 | 4 => (grey ? (alpha ? 2 : 1) : alpha ? 4 : 3);
