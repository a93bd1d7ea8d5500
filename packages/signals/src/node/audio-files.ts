import { type ReadFileOptions, readFileBytes, writeFileAtomically } from '@neural-fields/core/node';
import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { AudioError } from '../audio/audio-error.ts';
import { type DecodedAudio, decodeAudio } from '../audio/decode-audio.ts';
import { type EncodeAudioOptions, encodeAudio } from '../audio/encode-audio.ts';

/**
 * Reads a WAV file: `decodeAudio` of its bytes.
 *
 * @throws FileError when the file cannot be read, or is larger than `maxBytes`
 * @throws AudioError when it is not a complete WAV file; the message contains the path
 */
export const readAudio = async (path: string, options: ReadFileOptions = {}): Promise<DecodedAudio> => {
  assertOptions('readAudio', options, { maxBytes: 1 });

  const bytes = await readFileBytes(path, options);
  try {
    return decodeAudio(bytes);
  } catch (error) {
    if (error instanceof AudioError)
      throw new AudioError(error.problem, error.caller, error.reason, { ...error.parts, path, cause: error });
    throw error;
  }
};

/**
 * Writes a WAV file: `encodeAudio`, then an atomic write.
 *
 * @throws FileError when the file cannot be written; the old file is then untouched
 * @throws RangeError, AudioError as `encodeAudio`
 */
export const writeAudio = async (
  path: string,
  audio: { readonly samples: ArrayView; readonly sampleRate: number },
  options: EncodeAudioOptions = {},
): Promise<void> => {
  assertOptions('writeAudio', options, { sampleFormat: 1 });
  return writeFileAtomically(path, encodeAudio(audio, options));
};
