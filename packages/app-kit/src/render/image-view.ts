/** @file Which points of a field make up a picture, and which colours its values become. */
import { type GridOptions, gridCoordinatesRange, type Span } from '@neural-fields/signals';
import type { ImageDescription } from '../signals/signal-description.ts';
import type { PointRange, Quantity } from './sample-field.ts';

/** A rectangle of the picture as fractions of its sides: (0, 0) is the upper left corner, (1, 1) the lower right. */
export interface Region {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The whole picture. */
export const wholePicture: Region = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** The requested picture. */
export interface ImageView {
  readonly width: number;
  readonly height: number;
  readonly region: Region;
}

const part = ([low, high]: Span, from: number, to: number): Span => [
  low + (high - low) * from,
  low + (high - low) * to,
];

/** The points of a view, row by row from the top. */
export const viewPoints = (signal: ImageDescription, { width, height, region }: ImageView): PointRange => {
  const { x0, y0, x1, y1 } = region;
  const grid: GridOptions = {
    convention: signal.convention,
    spans: [part(signal.spans[0], y0, y1), part(signal.spans[1], x0, x1)],
  };
  return {
    count: width * height,
    coords: (start, count) => gridCoordinatesRange([height, width], { start, count }, grid),
  };
};

/** How many of the field's outputs are shown: a derivative of alpha is not a colour. */
export const shownChannels = ({ channels }: ImageDescription, quantity: Quantity): 1 | 2 | 3 | 4 =>
  quantity === 'value' || channels % 2 === 1 ? channels : channels === 2 ? 1 : 3;

/**
 * The values of `quantity` that are shown as black and white, in the picture's units: values in [0, 1], lengths as in
 * the field's coordinates.
 */
export type DisplayRange = Span;

/** One output unit of the field, in units of the picture. */
const unitOf = ({ range }: ImageDescription): number => 1 / (range[1] - range[0]);

/**
 * Converts values of a field to values of the picture: a value in `range` becomes one in [0, 1], and derivatives are
 * scaled accordingly.
 *
 * @param values `f32[n, channels]`
 * @returns `f32[n, shownChannels]`
 */
export const toPicture = (signal: ImageDescription, quantity: Quantity, values: Float32Array): Float32Array => {
  const unit = unitOf(signal);
  const shift = quantity === 'value' ? signal.range[0] : 0;
  // The length of a gradient is positive, even if the range is reversed.
  const scale = quantity === 'gradient' ? Math.abs(unit) : unit;
  const shown = shownChannels(signal, quantity);
  const count = values.length / signal.channels;
  const result = new Float32Array(count * shown);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < shown; c++)
      result[i * shown + c] = ((values[i * signal.channels + c] as number) - shift) * scale;
  return result;
};

/** Maps `range` to [0, 1] in place. */
export const applyRange = (values: Float32Array, [low, high]: DisplayRange): Float32Array => {
  const scale = 1 / (high - low);
  for (let i = 0; i < values.length; i++) values[i] = ((values[i] as number) - low) * scale;
  return values;
};
