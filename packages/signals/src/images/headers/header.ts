import type { ImageFormat } from '../image.ts';

/** The facts of an image file. Width and height are as stored, before EXIF orientation. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. A palette counts as RGB, CMYK as RGB. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits of a channel: 8, 10, 12 or 16; less than 8 counts as 8. */
  readonly bitDepth: number;
  /**
   * The most pixels that any part of the file makes a decoder produce; more than `width * height` where tiles are
   * larger than the image.
   */
  readonly codedPixels: number;
  /** Whether the bytes end before the image does. */
  readonly truncated: boolean;
}

/** What a format's reader finds: a header, or why there is none. */
export type FoundHeader = ImageHeader | 'truncated' | 'damaged';

/** The numbers of a file. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The four characters of a chunk's or a box's name; fewer at the end. */
export const fourCharacters = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

/** The channels of an image of grey or colour, with alpha or without. */
export const channelsOf = (grey: boolean, alpha: boolean): 1 | 2 | 3 | 4 => (grey ? (alpha ? 2 : 1) : alpha ? 4 : 3);
