import { UsageError } from '../errors.ts';
import { readInput } from '../files/read-bytes.ts';
import { prepareAudio } from './prepare-audio.ts';
import { type PrepareImageOptions, prepareImage } from './prepare-image.ts';
import type { PreparedSignal } from './prepared-signal.ts';

/** How a file is prepared. Options that are `undefined` were not given. */
export interface ReadSignalOptions extends Omit<PrepareImageOptions, 'channels' | 'aspect'> {
  readonly channels?: PrepareImageOptions['channels'];
  readonly aspect?: PrepareImageOptions['aspect'];
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));

/** RIFF and its variants for large files and other byte orders, with the form WAVE. */
const isWav = (bytes: Uint8Array): boolean =>
  ['RIFF', 'RIFX', 'RF64'].includes(latin1(bytes, 0, 4)) && latin1(bytes, 8, 12) === 'WAVE';

/**
 * Reads a file as a signal. What it is is found from its content, not from its name.
 *
 * @throws InputError when it cannot be read or is neither a picture nor a sound, UsageError when an option does not suit it
 */
export const readSignal = async (path: string, options: ReadSignalOptions): Promise<PreparedSignal> => {
  const { channels = 'keep', aspect = 'stretch', ...rest } = options;
  const bytes = await readInput(path);
  if (!isWav(bytes)) return prepareImage(path, bytes, { ...rest, channels, aspect });
  for (const name of ['size', 'channels', 'aspect'] as const)
    if (options[name] !== undefined) throw new UsageError(`--${name} is for images, and '${path}' is a sound`);
  return prepareAudio(path, bytes, options);
};
