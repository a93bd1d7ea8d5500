/** @file A slice of a volume of signed distances as a picture. */
import { type DenseArray, denseArray } from '@neural-fields/signals';

/** The distance at which a colour is full, as a part of the box's half side. */
const FULL = 0.5;

/**
 * The middle slice of a volume `[depth, height, width, 1]`: blue inside, orange outside, white at the surface.
 *
 * @returns `f32[height, width, 3]` in [0, 1]
 */
export const sliceOf = ({ data, shape }: DenseArray): DenseArray => {
  const [depth, height, width] = shape as [number, number, number];
  const start = Math.floor(depth / 2) * height * width;
  const slice = new Float32Array(3 * height * width);
  for (let i = 0; i < height * width; i++) {
    const value = Math.max(-1, Math.min(1, (data[start + i] as number) / FULL));
    // Row 0 is at the bottom of a shape.
    const pixel = (height - 1 - Math.floor(i / width)) * width + (i % width);
    const colour = value < 0 ? [1 + value, 1 + 0.6 * value, 1] : [1, 1 - 0.5 * value, 1 - value];
    slice.set(colour, 3 * pixel);
  }
  return denseArray(slice, [height, width, 3]);
};
