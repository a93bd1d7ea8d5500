/** @file The pixels of the image that a field was fitted to, read from the points of the fit. */
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { toPicture } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Image, PointSet } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { PixelBox, ShownGrid } from './pixel-grid.ts';

/** The number of points read at once. */
const CHUNK = 65_536;

/** A rectangle of the image: `f32[height, width, channels]`, black 0 and white 1. */
export const readPixels = (description: ImageDescription, points: PointSet, box: PixelBox): Image => {
  const { channels } = description;
  const numbers = Float64Array.from(
    { length: box.width * box.height },
    (_, i) => (box.y + Math.floor(i / box.width)) * description.width + box.x + (i % box.width),
  );
  const values = points.at(numbers).targets?.['value'] as Float32Array;
  return ndarray(toPicture(description, 'value', values), [box.height, box.width, channels]);
};

/**
 * The image, downscaled so that each pixel is the mean of a block: `f32[height, width, channels]`, black 0 and white 1.
 * The image is read in parts.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const readSmaller = async (
  description: ImageDescription,
  points: PointSet,
  { factor, width, height, box }: ShownGrid,
  signal: AbortSignal,
): Promise<Image> => {
  if (factor === 1) return readPixels(description, points, box);
  const { channels } = description;
  const sums = new Float64Array(width * height * channels);
  const counts = new Float64Array(width * height);
  const rowsPerChunk = Math.max(1, Math.floor(CHUNK / description.width));
  for (let top = 0; top < box.height; top += rowsPerChunk) {
    await yieldToEventLoop();
    signal.throwIfAborted();
    const strip = { x: 0, y: top, width: box.width, height: Math.min(rowsPerChunk, box.height - top) };
    const { data } = readPixels(description, points, strip);
    for (let i = 0; i < strip.width * strip.height; i++) {
      const row = Math.floor((top + Math.floor(i / strip.width)) / factor);
      const block = row * width + Math.floor((i % strip.width) / factor);
      counts[block] = (counts[block] as number) + 1;
      for (let c = 0; c < channels; c++)
        sums[block * channels + c] = (sums[block * channels + c] as number) + (data[i * channels + c] as number);
    }
  }
  const means = Float32Array.from(sums, (sum, i) => sum / (counts[Math.floor(i / channels)] as number));
  return ndarray(means, [height, width, channels]);
};
