import { basename } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import {
  AudioError,
  audioSamples,
  type DecodedAudio,
  decodeAudio,
  type GridConvention,
  type Span,
} from '@neural-fields/signals';
import { type PreparedSamples, preparedSamples } from './prepared-samples.ts';
import { type Telling, whileSaying } from './say.ts';

/** How a sound is prepared. */
export interface PrepareAudioOptions {
  readonly convention: GridConvention;
}

/**
 * The coordinates of the first and the last sample. With omega0 = 3000 this is the SIREN authors' [-100, 100] with
 * omega0 = 30.
 */
const COORDINATES: Span = [-1, 1];

const peakOf = (data: ArrayLike<number>): number => {
  let peak = 0;
  for (let i = 0; i < data.length; i++) peak = Math.max(peak, Math.abs(data[i] as number));
  return peak;
};

/**
 * Reads a WAV file as a signal. The loudest sample becomes 1 or -1, as in the SIREN authors' code.
 *
 * @throws InputError when the bytes are no such sound, or one of fewer than two samples
 */
export const prepareAudio = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: PrepareAudioOptions & Telling,
): Promise<PreparedSamples> => {
  const { convention } = options;
  const decode = (): DecodedAudio => {
    try {
      return decodeAudio(bytes);
    } catch (error) {
      if (!(error instanceof AudioError)) throw error;
      throw new InputError(`cannot read '${path}': ${error.reason}`, { cause: error });
    }
  };
  const sound = decode();
  const { sampleRate } = sound;
  const [length, channels] = sound.samples.shape as [number, number];
  if (length < 2) throw new InputError(`cannot fit '${path}': it needs at least two samples, got ${length}`);
  const peak = peakOf(sound.samples.data) || 1;
  const description: AudioDescription = {
    kind: 'audio',
    length,
    channels,
    sampleRate,
    convention,
    spans: [COORDINATES],
    range: [-1 / peak, 1 / peak],
  };
  const amplitude = peak === 1 ? 'keep' : 'peak';
  const points = audioSamples(sound, { coordinateRange: COORDINATES, convention, amplitude });
  const seconds = (length / sampleRate).toFixed(3);
  const name = basename(path);
  const notes = [
    `${name}: ${length} samples at ${sampleRate} Hz (${seconds} s), ${channels} channel${channels === 1 ? '' : 's'}`,
    ...(peak === 1 ? [] : [`made ${(1 / peak).toFixed(2)} times as loud for the fit (undone when rendered)`]),
  ];
  return whileSaying(options, `${name}: preparing`, onProgress =>
    preparedSamples(description, points, { notes, oddities: sound.notes, onProgress }),
  );
};
