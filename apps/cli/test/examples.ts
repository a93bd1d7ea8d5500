/** @file Small signals that tests fit. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeAudio, encodeImage, type Image } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** Writes a picture: a bright disc on a slope, in one, three or four channels. */
export const writePicture = async (
  folder: string,
  name: string,
  {
    width = 12,
    height = 10,
    channels = 1,
  }: { readonly width?: number; readonly height?: number; readonly channels?: number } = {},
): Promise<string> => {
  const data = Float32Array.from({ length: width * height * channels }, (_, i) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    if (c === 3) return 0.5;
    return (Math.hypot(x - 0.4, y - 0.5) < 0.3 ? 0.9 : 0.2 + 0.5 * x) * (1 - 0.2 * c);
  });
  const format = name.endsWith('.jpg')
    ? 'jpeg'
    : name.endsWith('.webp')
      ? 'webp'
      : name.endsWith('.avif')
        ? 'avif'
        : 'png';
  writeFileSync(join(folder, name), await encodeImage(ndarray(data, [height, width, channels]), { format }));
  return name;
};

/** Writes a sound: two tones that fade. */
export const writeSound = (
  folder: string,
  name: string,
  { length = 400, sampleRate = 8000 }: { readonly length?: number; readonly sampleRate?: number } = {},
): string => {
  const data = Float32Array.from(
    { length },
    (_, i) => 0.4 * Math.sin(i / 5) * Math.exp(-i / 200) + 0.1 * Math.sin(i / 17),
  );
  writeFileSync(join(folder, name), encodeAudio({ samples: ndarray(data, [length, 1]), sampleRate }));
  return name;
};

/** The value of a picture's channel at a row and a column. */
export const element = ({ data, shape: [, width, channels] }: Image, y: number, x: number, c: number): number =>
  data[(y * (width as number) + x) * (channels as number) + c] as number;
