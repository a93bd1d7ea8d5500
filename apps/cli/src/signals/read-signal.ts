import { basename } from 'node:path';
import { formatBytes, optionName, UsageError } from '@neural-fields/app-kit';
import { describeForeign, isPly, readInput } from '@neural-fields/app-kit/files';
import { prepareAudio } from './prepare-audio.ts';
import { type PrepareImageOptions, prepareImage } from './prepare-image.ts';
import { prepareShape, type ShapeOptions } from './prepare-shape.ts';
import type { PreparedSignal } from './prepared-signal.ts';
import { type Telling, whileSaying } from './say.ts';

/** How a file is prepared. Options that are `undefined` were not given. */
export interface ReadSignalOptions extends Omit<PrepareImageOptions, 'channels' | 'aspect'>, ShapeOptions, Telling {
  readonly channels?: PrepareImageOptions['channels'];
  readonly aspect?: PrepareImageOptions['aspect'];
  /** Refuse files of more bytes. */
  readonly maxBytes?: number | undefined;
}

/** The kinds of signals, as messages name them. */
const NAMES = { image: ['an image', 'images'], sound: ['a sound', 'sounds'], shape: ['a shape', 'shapes'] } as const;

/** The options that suit one kind of signal only. */
const OPTIONS = {
  image: ['size', 'channels', 'aspect', 'allowDamaged', 'maxPixels'],
  shape: ['near', 'weights', 'distanceWeight', 'margin', 'normals'],
} as const;

const assertSuited = (path: string, options: ReadSignalOptions, kind: keyof typeof NAMES): void => {
  for (const other of ['image', 'shape'] as const)
    for (const name of OPTIONS[other])
      if (other !== kind && options[name] !== undefined)
        throw new UsageError(`--${optionName(name)} is for ${NAMES[other][1]}, and '${path}' is ${NAMES[kind][0]}`);
};

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** RIFF and its variants for large files and other byte orders, with the form WAVE. */
const isWav = (bytes: Uint8Array): boolean =>
  ['RIFF', 'RIFX', 'RF64', 'BW64'].includes(latin1(bytes, 0, 4)) && latin1(bytes, 8, 12) === 'WAVE';

/** Bytes of a sound or a shape that take a noticeable time. */
const LARGE = 2e6;

/**
 * Reads a file as a signal. What it is is found from its content, not from its name.
 *
 * @throws InputError when it cannot be read or is no picture, sound or shape, UsageError when an option does not suit
 *   it
 */
export const readSignal = async (path: string, options: ReadSignalOptions): Promise<PreparedSignal> => {
  const { channels = 'keep', aspect = 'stretch', ...rest } = options;
  const bytes = await whileSaying(options, `${basename(path)}: reading`, () =>
    readInput(path, { maxBytes: options.maxBytes, advice: '--max-bytes reads more' }),
  );
  // Sounds and shapes are read in one go, during which nothing else can be said.
  if (bytes.length > LARGE && (isWav(bytes) || isPly(bytes) || describeForeign(bytes) === undefined))
    options.say(`${basename(path)}: reading ${formatBytes(bytes.length)}`);
  if (isWav(bytes)) {
    assertSuited(path, options, 'sound');
    return prepareAudio(path, bytes, options);
  }
  const shape = await prepareShape(path, bytes, options);
  if (shape !== undefined) {
    assertSuited(path, options, 'shape');
    return shape;
  }
  assertSuited(path, options, 'image');
  return prepareImage(path, bytes, { ...rest, channels, aspect });
};
