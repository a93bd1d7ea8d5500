import { describeNotFinite } from '../arrays/assert-finite.ts';
import { denseArray } from '../arrays/dense-array.ts';
import type { DecodeNote } from '../decode-note.ts';
import type { Audio } from './audio.ts';
import { AudioError } from './audio-error.ts';
import { SAMPLE_CODECS, type SampleFormat } from './sample-format.ts';
import { type Extent, findWavChunks } from './wav-chunks.ts';

/** A sound decoded from a file. */
export interface DecodedAudio extends Audio {
  /** Remarks on irregularities of the file; usually empty. */
  readonly notes: readonly DecodeNote[];
}

/**
 * The codes of the `fmt ` chunk: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991, and
 * mmreg.h.
 */
const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  readonly sampleFormat: SampleFormat;
}

const readFormat = (data: DataView, { start, length }: Extent): Format => {
  if (length < 16)
    throw new AudioError('damaged', 'decodeAudio', `the fmt chunk must have at least 16 bytes, got ${length}`);
  const tag = data.getUint16(start, true);
  const code = tag === EXTENSIBLE && length >= 26 ? data.getUint16(start + 24, true) : tag;
  const channels = data.getUint16(start + 2, true);
  const sampleRate = data.getUint32(start + 4, true);
  const bits = data.getUint16(start + 14, true);
  const name = code === PCM ? (bits === 8 ? 'uint8' : `int${bits}`) : code === IEEE_FLOAT ? `float${bits}` : undefined;
  if (!name || !Object.hasOwn(SAMPLE_CODECS, name))
    throw new AudioError(
      'unsupported',
      'decodeAudio',
      `WAV samples must be PCM of 8, 16, 24 or 32 bits or float, got code ${code}, ${bits} bits`,
    );
  if (channels === 0 || sampleRate === 0)
    throw new AudioError(
      'damaged',
      'decodeAudio',
      `channels and sample rate must be positive, got ${channels} and ${sampleRate}`,
    );
  return { channels, sampleRate, sampleFormat: name as SampleFormat };
};

/**
 * Decodes a WAV file (RIFF, RF64 or BW64): integers of 8, 16, 24 or 32 bits and floats of 32 or 64, any number of
 * channels.
 *
 * Integers are divided by 2^(bits - 1), so they lie in [-1, 1); floats are not changed. Samples are float32, so 32-bit
 * integers lose their lowest 8 bits. If the header claims more samples than the file holds, as in files written to a
 * pipe, all available samples are decoded and a note is added. Time and memory are linear in the file size; memory is
 * at most four times that.
 *
 * @returns samples `f32[n, channels]`, the sample rate in hertz, and notes
 * @throws AudioError when the bytes are not a WAV file of a supported kind, end before the samples begin, hold no
 *   samples, or hold NaN or infinity
 */
export const decodeAudio = (bytes: Uint8Array | ArrayBuffer): DecodedAudio => {
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  const chunks = findWavChunks(file);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const { channels, sampleRate, sampleFormat } = readFormat(view, chunks.format);
  const codec = SAMPLE_CODECS[sampleFormat];
  const { start, length } = chunks.data;
  const frames = Math.floor(length / (codec.bytes * channels));
  if (length === 0 && chunks.notes.length > 0)
    throw new AudioError('truncated', 'decodeAudio', `the WAV file ends early, after ${file.length} bytes`);
  if (frames === 0)
    throw new AudioError('too-short', 'decodeAudio', 'the sound must have at least one sample, got none');
  const samples = new Float32Array(frames * channels);
  for (let i = 0; i < samples.length; i++) samples[i] = codec.read(view, start + i * codec.bytes);
  const array = denseArray(samples, [frames, channels]);
  const bad = codec.float && describeNotFinite(array);
  if (bad) throw new AudioError('not-finite', 'decodeAudio', `samples must be finite float32 numbers; ${bad}`);
  const spare = length - samples.length * codec.bytes;
  const notes: DecodeNote[] = [...chunks.notes];
  if (spare > 0)
    notes.push({
      kind: 'spare-bytes',
      text: `the last ${spare} bytes are not a whole sample of every channel and are ignored`,
    });
  return { samples: array, sampleRate, notes };
};
