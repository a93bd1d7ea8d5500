import { denseArray } from '../arrays/dense-array.ts';
import { describeBytes } from '../bytes/describe-bytes.ts';
import type { Audio } from './audio.ts';
import { AudioError } from './audio-error.ts';
import { SAMPLE_CODECS, type SampleFormat } from './sample-format.ts';

/** The codes of the `fmt ` chunk: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991, and mmreg.h. */
const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** A length that a writer to a pipe could not know: the chunk goes on to the end. */
const UNKNOWN_LENGTH = 0xffffffff;

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  readonly sampleFormat: SampleFormat;
}

const fourCharacters = (data: DataView, at: number): string =>
  String.fromCharCode(data.getUint8(at), data.getUint8(at + 1), data.getUint8(at + 2), data.getUint8(at + 3));

const readFormat = (data: DataView, at: number, length: number): Format => {
  if (length < 16) throw new AudioError('damaged', `decodeAudio: the fmt chunk must have at least 16 bytes, got ${length}`);
  const tag = data.getUint16(at, true);
  const code = tag === EXTENSIBLE && length >= 26 ? data.getUint16(at + 24, true) : tag;
  const channels = data.getUint16(at + 2, true);
  const sampleRate = data.getUint32(at + 4, true);
  const bits = data.getUint16(at + 14, true);
  const name = code === PCM ? (bits === 8 ? 'uint8' : `int${bits}`) : code === IEEE_FLOAT ? `float${bits}` : undefined;
  if (!name || !Object.hasOwn(SAMPLE_CODECS, name))
    throw new AudioError(
      'unsupported',
      `decodeAudio: WAV samples must be PCM of 8, 16, 24 or 32 bits or float, got code ${code}, ${bits} bits`,
    );
  if (channels === 0 || sampleRate === 0)
    throw new AudioError('damaged', `decodeAudio: channels and sample rate must be positive, got ${channels} and ${sampleRate}`);
  return { channels, sampleRate, sampleFormat: name as SampleFormat };
};

/**
 * Decodes a WAV file: integers of 8, 16, 24 or 32 bits and floats of 32 or 64, any number of channels.
 *
 * Integers are divided by 2^(bits - 1), so they lie in [-1, 1); floats are taken as they are. Samples are float32, so of 32-bit integers the
 * lowest 8 bits are rounded away.
 *
 * @returns samples `f32[n, channels]` and the sample rate in hertz
 * @throws AudioError when the bytes are not such a file, or not a whole one, or hold no samples
 */
export const decodeAudio = (bytes: Uint8Array | ArrayBuffer): Audio => {
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (file.length === 0) throw new AudioError('empty-file', 'decodeAudio: wanted the bytes of a WAV file, got 0 bytes');
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isWav = file.length >= 12 && fourCharacters(data, 0) === 'RIFF' && fourCharacters(data, 8) === 'WAVE';
  if (!isWav) {
    const kind = file.length >= 12 ? fourCharacters(data, 0) : '';
    if (kind === 'RF64' || kind === 'RIFX')
      throw new AudioError('unsupported', `decodeAudio: wanted a RIFF WAV file, got ${kind}`);
    throw new AudioError('not-audio', `decodeAudio: wanted a WAV file, got ${describeBytes(file)}`);
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = fourCharacters(data, at);
    const stated = data.getUint32(at + 4, true);
    const start = at + 8;
    const length = stated === UNKNOWN_LENGTH && id === 'data' ? file.length - start : stated;
    if (start + length > file.length) break;
    if (id === 'fmt ') format = readFormat(data, start, length);
    if (id === 'data') {
      if (!format) throw new AudioError('damaged', 'decodeAudio: the data chunk comes before the fmt chunk');
      const { channels, sampleRate, sampleFormat } = format;
      const codec = SAMPLE_CODECS[sampleFormat];
      const frames = Math.floor(length / (codec.bytes * channels));
      if (frames === 0) throw new AudioError('too-short', 'decodeAudio: the sound must have at least one sample, got none');
      const samples = new Float32Array(frames * channels);
      for (let i = 0; i < samples.length; i++) samples[i] = codec.read(data, start + i * codec.bytes);
      return { samples: denseArray(samples, [frames, channels]), sampleRate };
    }
    at = start + length + (length % 2); // chunks are padded to even lengths
  }
  throw new AudioError('truncated', `decodeAudio: the WAV file ends early, after ${file.length} bytes`);
};
