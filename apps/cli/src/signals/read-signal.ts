import { basename } from 'node:path';
import { formatBytes, optionName, UsageError } from '@neural-fields/app-kit';
import { describeForeign, isPly, readInput } from '@neural-fields/app-kit/files';
import { type Settings, settingDefinitions, settingNames } from '../settings/fit-settings.ts';

import { type Announcer, announced } from './announce.ts';
import { prepareAudio } from './prepare-audio.ts';
import { prepareImage } from './prepare-image.ts';
import { prepareShape } from './prepare-shape.ts';
import type { PreparedSignal } from './prepared-signal.ts';

/** The kinds of signals, as messages call them. */
const NAMES = { image: ['an image', 'images'], audio: ['a sound', 'sounds'], shape: ['a shape', 'shapes'] } as const;

/** @throws UsageError when a setting is given that applies only to another kind of signal */
const assertSuited = (path: string, settings: Settings, kind: keyof typeof NAMES): void => {
  for (const name of settingNames) {
    const only = settingDefinitions[name].kind;
    if (only !== undefined && only !== kind && settings[name] !== undefined)
      throw new UsageError({
        what: `--${optionName(name)}`,
        problem: `it is for ${NAMES[only][1]}, and '${path}' is ${NAMES[kind][0]}`,
      });
  }
};

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** RIFF and its variants for large files and other byte orders, with the form WAVE. */
const isWav = (bytes: Uint8Array): boolean =>
  ['RIFF', 'RIFX', 'RF64', 'BW64'].includes(latin1(bytes, 0, 4)) && latin1(bytes, 8, 12) === 'WAVE';

/** Sounds and shapes with more bytes than this take a noticeable time to read. */
const LARGE = 2e6;

/**
 * Reads a file as a signal. Its kind is determined by its content, not by its name.
 *
 * @throws InputError when it cannot be read or is no picture, sound or shape, UsageError when a setting does not suit
 *   it
 */
export const readSignal = async (path: string, settings: Settings, announcer: Announcer): Promise<PreparedSignal> => {
  const bytes = await announced(announcer, `${basename(path)}: reading`, () =>
    readInput(path, { maxBytes: settings.maxBytes, advice: '--max-bytes reads more' }),
  );
  // Sounds and shapes are read synchronously, and no line can be written meanwhile.
  if (bytes.length > LARGE && (isWav(bytes) || isPly(bytes) || describeForeign(bytes) === undefined))
    announcer.say(`${basename(path)}: reading ${formatBytes(bytes.length)}`);
  if (isWav(bytes)) {
    assertSuited(path, settings, 'audio');
    return prepareAudio(path, bytes, settings, announcer);
  }
  const shape = await prepareShape(path, bytes, settings);
  if (shape !== undefined) {
    assertSuited(path, settings, 'shape');
    return shape;
  }
  assertSuited(path, settings, 'image');
  return prepareImage(path, bytes, settings, announcer);
};
