/** @file What receivers heard, from a MATLAB file with the variables of the SIREN authors' `data_cylinder_5.mat`. */
import { describeError, InputError } from '../../errors.ts';
import { readInput } from '../../files/read-bytes.ts';
import type { Place } from './helmholtz-scene.ts';
import { decodeMatlab, type MatlabArray } from './matlab-file.ts';

/** Waves of some sources, at some receivers. */
export interface Recording {
  readonly sources: readonly Place[];
  readonly receivers: readonly Place[];
  /** For each receiver the real and imaginary part of the first source's wave, of the second's, ...: `f32[receivers, 2 sources]`, flat. */
  readonly heard: Float32Array;
}

type Shape = readonly [rows: number | string, columns: number | string];

const shapeOf = ({ real }: MatlabArray): string => real.shape.join(' x ');

/** @throws InputError when the array is absent, has another shape, or holds what is not a number */
const arrayOf = (arrays: ReadonlyMap<string, MatlabArray>, name: string, wanted: Shape): MatlabArray => {
  const array = arrays.get(name);
  if (!array)
    throw new InputError(
      `it must have the variables source, receivers and rec_val, and has ${[...arrays.keys()].join(', ') || 'no numbers'}`,
    );
  const { real, imaginary } = array;
  const fits = real.shape.length === 2 && wanted.every((length, k) => length === real.shape[k] || typeof length === 'string');
  if (!fits || real.size === 0) throw new InputError(`its ${name} must be ${wanted.join(' x ')}, and is ${shapeOf(array)}`);
  if (![...real.data, ...(imaginary?.data ?? [])].every(Number.isFinite))
    throw new InputError(`its ${name} has elements that are not finite numbers`);
  return array;
};

const placesOf = (arrays: ReadonlyMap<string, MatlabArray>, name: string): readonly Place[] => {
  const array = arrayOf(arrays, name, ['n', 2]);
  if (array.imaginary) throw new InputError(`its ${name} must be real numbers, and is complex`);
  const { real } = array;
  const places = Array.from({ length: real.shape[0] as number }, (_, i): Place => [real.get(i, 0), real.get(i, 1)]);
  const outside = places.find(([y, x]) => Math.max(Math.abs(y), Math.abs(x)) > 1);
  if (outside) throw new InputError(`its ${name} must lie in [-1, 1]^2, and one is at ${outside.join(', ')}`);
  return places;
};

/**
 * Reads a recording: `source` [sources, 2] and `receivers` [receivers, 2], places in [-1, 1]^2, and `rec_val` [receivers, sources], complex.
 *
 * @throws InputError when the file cannot be read, is no MATLAB file, or has other variables
 */
export const loadRecording = async (path: string): Promise<Recording> => {
  const bytes = await readInput(path);
  try {
    const arrays = decodeMatlab(bytes);
    const sources = placesOf(arrays, 'source');
    const receivers = placesOf(arrays, 'receivers');
    const { real, imaginary } = arrayOf(arrays, 'rec_val', [receivers.length, sources.length]);
    if (!imaginary) throw new InputError('its rec_val must be complex numbers, and is real');
    const heard = receivers.flatMap((_, i) => sources.flatMap((__, j) => [real.get(i, j), imaginary.get(i, j)]));
    return { sources, receivers, heard: Float32Array.from(heard) };
  } catch (error) {
    if (error instanceof InputError || (error instanceof Error && error.name === 'MatlabError'))
      throw new InputError(`cannot read '${path}': ${describeError(error)}`, { cause: error });
    throw error;
  }
};
