/** @file Small operations on images `f32[height, width, channels]`. */
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { PixelBox } from './pixel-grid.ts';

/** The height and the width. */
export const sizeOf = ({ shape }: Image): readonly [height: number, width: number] => [
  shape[0] as number,
  shape[1] as number,
];

const channelsOf = ({ shape }: Image): number => shape[2] as number;

/** Applies a function of the value and its index to each value. */
export const mapImage = (image: Image, change: (value: number, index: number) => number): Image =>
  ndarray(Float32Array.from(image.data, change), [...image.shape]);

/** The values clipped to [0, 1]. */
export const clip = (image: Image): Image => mapImage(image, value => Math.min(1, Math.max(0, value)));

/** Crops an image to a rectangle of whole pixels. */
export const crop = (image: Image, { x, y, width, height }: PixelBox): Image => {
  const [, whole] = sizeOf(image);
  const channels = channelsOf(image);
  const data = new Float32Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * whole + x) * channels;
    data.set(image.data.subarray(start, start + width * channels) as Float32Array, row * width * channels);
  }
  return ndarray(data, [height, width, channels]);
};

/** The number of channels without alpha. */
const colourCount = (channels: number): number => (channels % 2 === 0 ? channels - 1 : channels);

/** The channels without alpha. */
export const colours = (image: Image): Image => {
  const [channels, [height, width]] = [channelsOf(image), sizeOf(image)];
  const kept = colourCount(channels);
  if (kept === channels) return image;
  const data = Float32Array.from(
    { length: height * width * kept },
    (_, i) => image.data[Math.floor(i / kept) * channels + (i % kept)] as number,
  );
  return ndarray(data, [height, width, kept]);
};

/** The mean of the colour channels: `f32[height, width, 1]`. */
export const brightness = (image: Image): Image => {
  const shown = colours(image);
  const [channels, [height, width]] = [channelsOf(shown), sizeOf(shown)];
  const data = new Float32Array(height * width);
  for (let i = 0; i < shown.data.length; i++)
    data[Math.floor(i / channels)] = (data[Math.floor(i / channels)] as number) + (shown.data[i] as number) / channels;
  return ndarray(data, [height, width, 1]);
};
