/** @file Waves at receivers, from a MATLAB file with the variables of the SIREN authors' `data_cylinder_5.mat`. */
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import type { Place } from './helmholtz-scene.ts';
import { MatlabError } from './matlab-elements.ts';
import { decodeMatlab, type MatlabArray, type MatlabFile } from './matlab-file.ts';

/** The waves of some sources, recorded at some receivers. */
export interface Recording {
  readonly sources: readonly Place[];
  readonly receivers: readonly Place[];
  /**
   * For each receiver, the real and imaginary parts of the first source's wave, then of the second's, ...:
   * `f32[receivers, 2 sources]`, flattened.
   */
  readonly observed: Float32Array;
}

const VARIABLES = ['source', 'receivers', 'rec_val'] as const;

type Shape = readonly [rows: number | string, columns: number | string];

/** At most this many names of a file's variables are shown. */
const SHOWN = 8;

const namesOf = ({ names }: MatlabFile): string => {
  if (names.length === 0) return 'none of numbers';
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
};

/** @throws InputError when the array is absent, has another shape, or has an element that is not finite */
const arrayOf = (file: MatlabFile, name: string, wanted: Shape): MatlabArray => {
  const array = file.arrays.get(name);
  if (!array) throw new InputError({ wanted: `the variables ${VARIABLES.join(', ')}`, got: namesOf(file) });
  const { shape, real, imaginary } = array;
  const fits = shape.length === 2 && wanted.every((length, k) => length === shape[k] || typeof length === 'string');
  if (!fits || real.length === 0)
    throw new InputError({ what: name, wanted: `an array of ${wanted.join(' x ')}`, got: shape.join(' x ') });
  if (!(real.every(Number.isFinite) && (imaginary ?? []).every(Number.isFinite)))
    throw new InputError({ what: name, problem: 'some elements are not finite' });
  return array;
};

const placesOf = (file: MatlabFile, name: string): readonly Place[] => {
  const { shape, real, imaginary } = arrayOf(file, name, ['n', 2]);
  if (imaginary) throw new InputError({ what: name, wanted: 'real numbers', got: 'complex ones' });
  const rows = shape[0] as number;
  const places = Array.from({ length: rows }, (_, i): Place => [real[i] as number, real[i + rows] as number]);
  const outside = places.find(([y, x]) => Math.max(Math.abs(y), Math.abs(x)) > 1);
  if (outside) throw new InputError({ what: name, wanted: 'places in [-1, 1]^2', got: outside.join(', ') });
  return places;
};

/**
 * Reads a recording: `source` [sources, 2] and `receivers` [receivers, 2], positions in [-1, 1]^2, and `rec_val`
 * [receivers, sources], complex.
 *
 * @throws InputError when the file cannot be read, is not a MATLAB file, or has other variables
 */
export const loadRecording = async (path: string): Promise<Recording> => {
  const bytes = await readInput(path);
  try {
    const file = decodeMatlab(bytes, { variables: VARIABLES });
    const sources = placesOf(file, 'source');
    const receivers = placesOf(file, 'receivers');
    const { real, imaginary } = arrayOf(file, 'rec_val', [receivers.length, sources.length]);
    if (!imaginary) throw new InputError({ what: 'rec_val', wanted: 'complex numbers', got: 'real ones' });
    const observed = receivers.flatMap((_, i) =>
      sources.flatMap((__, j) => [
        real[i + receivers.length * j] as number,
        imaginary[i + receivers.length * j] as number,
      ]),
    );
    return { sources, receivers, observed: Float32Array.from(observed) };
  } catch (error) {
    if (error instanceof InputError || error instanceof MatlabError)
      throw new InputError(explainedWithin(`cannot read '${path}'`, error), { cause: error });
    throw error;
  }
};
