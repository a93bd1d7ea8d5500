/** @file Grids of points between and over the pixels of an image, by the coordinates of their rows and columns. */
import type { Quantity } from '@neural-fields/app-kit/render';
import { sampleAll, shownChannels, toPicture } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { Image, Span } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** The points of a picture: every row combined with every column. */
export interface PixelGrid {
  /** The y coordinates of the rows, from top to bottom. */
  readonly rows: Float64Array;
  /** The x coordinates of the columns. */
  readonly columns: Float64Array;
}

/** A rectangle of whole pixels. */
export interface PixelBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The whole image. */
export const wholeBox = ({ width, height }: ImageDescription): PixelBox => ({ x: 0, y: 0, width, height });

/**
 * The coordinates of `count` equally spaced places along an axis, over the pixels `first` ... `first + pixels - 1`; if
 * `count` equals `pixels`, those of the pixels themselves.
 */
const coordinatesOf = (
  { convention }: ImageDescription,
  { span: [low, high], length }: { readonly span: Span; readonly length: number },
  { first, pixels, count }: { readonly first: number; readonly pixels: number; readonly count: number },
): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => {
    if (length === 1 && pixels === count) return (low + high) / 2;
    const position = first + ((i + 0.5) * pixels) / count - 0.5;
    const share =
      convention === 'pixel-centred' ? (position + 0.5) / length : length === 1 ? 0.5 : position / (length - 1);
    return low + (high - low) * share;
  });

/** The grid of `width` x `height` places over a rectangle of an image. */
export const gridOver = (
  description: ImageDescription,
  { x, y, width, height }: PixelBox,
  size: { readonly width: number; readonly height: number },
): PixelGrid => {
  const [ySpan, xSpan] = description.spans;
  const along = {
    rows: { span: ySpan, length: description.height },
    columns: { span: xSpan, length: description.width },
  };
  return {
    rows: coordinatesOf(description, along.rows, { first: y, pixels: height, count: size.height }),
    columns: coordinatesOf(description, along.columns, { first: x, pixels: width, count: size.width }),
  };
};

/** An image downscaled by an integer factor: its grid, and the pixels that it covers. */
export interface ShownGrid {
  /** The side length of the block of image pixels that each of its pixels stands for. */
  readonly factor: number;
  readonly width: number;
  readonly height: number;
  readonly box: PixelBox;
  readonly grid: PixelGrid;
}

/** The largest downscaled image with sides of at most `longest` pixels; incomplete blocks are cut off. */
export const shownGrid = (description: ImageDescription, longest: number): ShownGrid => {
  const { width, height } = description;
  const factor = Math.ceil(Math.max(width, height) / longest);
  const size = { width: Math.max(1, Math.floor(width / factor)), height: Math.max(1, Math.floor(height / factor)) };
  const box = {
    x: 0,
    y: 0,
    width: Math.min(width, size.width * factor),
    height: Math.min(height, size.height * factor),
  };
  return { factor, ...size, box, grid: gridOver(description, box, size) };
};

/** A quantity of a field on a grid, in units of the image: `f32[rows, columns, shownChannels]`. */
export const sampleGrid = async (
  field: Field,
  description: ImageDescription,
  { rows, columns }: PixelGrid,
  { quantity, signal }: { readonly quantity: Quantity; readonly signal: AbortSignal },
): Promise<Image> => {
  const points = {
    count: rows.length * columns.length,
    coords: (start: number, count: number) => {
      const coords = new Float32Array(2 * count);
      for (let i = 0; i < count; i++) {
        coords[2 * i] = rows[Math.floor((start + i) / columns.length)] as number;
        coords[2 * i + 1] = columns[(start + i) % columns.length] as number;
      }
      return coords;
    },
  };
  const values = toPicture(description, quantity, await sampleAll(field, points, { quantity, signal }));
  return ndarray(values, [rows.length, columns.length, shownChannels(description, quantity)]);
};
