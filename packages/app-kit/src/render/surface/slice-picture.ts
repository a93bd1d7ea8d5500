/** @file A slice through a signed distance field: colours and contour lines show the distance to the surface. */
import type { ScalarFunction } from '@neural-fields/shapes';
import type { PictureSize, Vector } from './camera.ts';

/** A plane perpendicular to one of the axes. */
export interface Slice {
  readonly axis: 'x' | 'y' | 'z';
  readonly at: number;
}

/** The options of {@link slicePicture}. */
export interface SlicePictureOptions extends PictureSize {
  readonly slice: Slice;
  /** The spacing of the contour lines, in the field's units; 0.1 if absent. */
  readonly spacing?: number;
  /** Points evaluated at once; 65,536 if absent. */
  readonly pointsPerPass?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the fraction of the work done, from 0 to 1. */
  readonly report?: (share: number) => void;
}

/** The directions that point right and up in the picture, for each axis of the plane: y is up where possible. */
const DIRECTIONS: Readonly<Record<Slice['axis'], readonly [right: Vector, up: Vector]>> = {
  x: [
    [0, 0, -1],
    [0, 1, 0],
  ],
  y: [
    [1, 0, 0],
    [0, 0, -1],
  ],
  z: [
    [1, 0, 0],
    [0, 1, 0],
  ],
};

/** Gamma-encoded colours: near and far, inside and outside. */
const COLOURS = {
  inside: [
    [0.93, 0.95, 0.99],
    [0.18, 0.38, 0.7],
  ],
  outside: [
    [0.995, 0.96, 0.91],
    [0.85, 0.45, 0.15],
  ],
} as const;
const LINE: Vector = [0.15, 0.15, 0.17];
/** The opacity of the contour lines, and of the zero level. */
const STRENGTH = { other: 0.45, zero: 1 } as const;
/** Half of the lines' widths, in pixels. */
const HALF_WIDTH = { other: 0.6, zero: 1.4 } as const;

/** The coordinates of the picture's pixels; the shorter side runs from -1 to 1. */
const coordinates = (
  { width, height, slice: { axis, at } }: SlicePictureOptions,
  start: number,
  count: number,
): Float32Array => {
  const [right, up] = DIRECTIONS[axis];
  const half = Math.min(width, height) / 2;
  const coords = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const pixel = start + i;
    const u = ((pixel % width) + 0.5 - width / 2) / half;
    const v = (height / 2 - Math.floor(pixel / width) - 0.5) / half;
    for (let k = 0; k < 3; k++)
      coords[3 * i + k] = 'xyz'[k] === axis ? at : u * (right[k] as number) + v * (up[k] as number);
  }
  return coords;
};

/**
 * Draws a slice through a signed distance field: `f32[height, width, 3]` in [0, 1], row-major. Blue is inside, orange
 * outside, both stronger further from the surface, which is the thick line; thin contours are at multiples of the
 * spacing.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const slicePicture = async (
  { evaluate }: Pick<ScalarFunction, 'evaluate'>,
  options: SlicePictureOptions,
): Promise<Float32Array> => {
  const { width, height, spacing = 0.1, pointsPerPass = 65_536, signal, report } = options;
  const pixels = width * height;
  const values = new Float32Array(pixels);
  for (let start = 0; start < pixels; start += pointsPerPass) {
    report?.(start / pixels);
    await new Promise(resolve => setImmediate(resolve));
    signal?.throwIfAborted();
    values.set(await evaluate(coordinates(options, start, Math.min(pointsPerPass, pixels - start))), start);
  }
  const value = (x: number, y: number): number =>
    values[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] as number;
  const picture = new Float32Array(3 * pixels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const distance = value(x, y);
      // The change of the value per pixel, by which lines have the same width everywhere.
      const slope = Math.max(
        1e-6,
        Math.hypot(value(x + 1, y) - value(x - 1, y), value(x, y + 1) - value(x, y - 1)) / 2,
      );
      const cover = (off: number, halfWidth: number): number =>
        Math.min(1, Math.max(0, halfWidth + 0.5 - Math.abs(off) / slope));
      const other = STRENGTH.other * cover(distance - spacing * Math.round(distance / spacing), HALF_WIDTH.other);
      const line = Math.max(other, STRENGTH.zero * cover(distance, HALF_WIDTH.zero));
      const [near, far] = distance < 0 ? COLOURS.inside : COLOURS.outside;
      const share = 1 - Math.exp(-2 * Math.abs(distance));
      for (let k = 0; k < 3; k++) {
        const ground = (near[k] as number) + share * ((far[k] as number) - (near[k] as number));
        picture[3 * (y * width + x) + k] = ground + line * ((LINE[k] as number) - ground);
      }
    }
  report?.(1);
  return picture;
};
