import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, copyElements, elementCount, formatShape } from '../arrays/array-view.ts';
import { SOFTWARE } from '../images/software.ts';
import { AudioError } from './audio-error.ts';
import { SAMPLE_CODECS, type SampleFormat } from './sample-format.ts';

/** The options of {@link encodeAudio}. */
export interface EncodeAudioOptions {
  /** Default: `int16`. */
  readonly sampleFormat?: Exclude<SampleFormat, 'float64'>;
}

const HEADER = 44;
const FLOAT_HEADER = 58;

/**
 * A LIST INFO chunk with one entry, ISFT, which names the software. Chunks have an even length, and the text ends with
 * a zero byte.
 */
const infoChunk = (): Uint8Array => {
  const text = new TextEncoder().encode(`${SOFTWARE}\0`);
  const padded = text.length + (text.length % 2);
  const chunk = new Uint8Array(20 + padded);
  const data = new DataView(chunk.buffer);
  const names = new TextEncoder();
  chunk.set(names.encode('LIST'));
  data.setUint32(4, 12 + padded, true);
  chunk.set(names.encode('INFOISFT'), 8);
  data.setUint32(16, text.length, true);
  chunk.set(text, 20);
  return chunk;
};

/**
 * Encodes sound as a WAV file. Integer formats clip to [-1, 1] and round; `float32` stores the samples unchanged.
 *
 * @param audio `samples` is `[n, channels]`; `sampleRate` in hertz, an integer
 * @throws RangeError when the samples are empty or not `[n, channels]`, a sample is NaN, or the sample rate is not a
 *   positive integer
 * @throws AudioError `unsupported` when the file would exceed the 4 GiB limit of WAV files
 */
export const encodeAudio = (
  audio: { readonly samples: ArrayView; readonly sampleRate: number },
  options: EncodeAudioOptions = {},
): Uint8Array<ArrayBuffer> => {
  assertOptions('encodeAudio', options, { sampleFormat: 1 });
  const { sampleFormat = 'int16' } = options;

  const { samples, sampleRate } = audio;
  const [frames, channels] = samples.shape as [number, number];
  if (samples.shape.length !== 2 || frames < 1 || channels < 1 || channels > 0xffff)
    throw new RangeError(`encodeAudio: samples must be [n, channels] and not empty, got ${formatShape(samples.shape)}`);
  if (!(Number.isInteger(sampleRate) && sampleRate >= 1 && sampleRate <= 0xffffffff))
    throw new RangeError(`encodeAudio: sampleRate must be a positive integer, got ${sampleRate}`);
  const codec = SAMPLE_CODECS[sampleFormat];
  const frameBytes = codec.bytes * channels;
  const dataLength = frames * frameBytes;
  const header = codec.float ? FLOAT_HEADER : HEADER;
  const info = infoChunk();
  const length = header + dataLength + (dataLength % 2) + info.length;
  if (length - 8 > 0xffffffff)
    throw new AudioError('unsupported', 'encodeAudio', `a WAV file has at most 4 GiB, got ${length} bytes`);

  const file = new Uint8Array(length);
  const data = new DataView(file.buffer);
  let at = 0;
  const text = (value: string): void => {
    for (const character of value) data.setUint8(at++, character.charCodeAt(0));
  };
  const uint32 = (value: number): void => {
    data.setUint32(at, value, true);
    at += 4;
  };
  const uint16 = (value: number): void => {
    data.setUint16(at, value, true);
    at += 2;
  };
  text('RIFF');
  uint32(length - 8);
  text('WAVEfmt ');
  uint32(codec.float ? 18 : 16);
  uint16(codec.float ? 3 : 1);
  uint16(channels);
  uint32(sampleRate);
  uint32(sampleRate * frameBytes);
  uint16(frameBytes);
  uint16(8 * codec.bytes);
  if (codec.float) {
    uint16(0);
    text('fact');
    uint32(4);
    uint32(frames);
  }
  text('data');
  uint32(dataLength);
  const values = copyElements(samples, new Float64Array(elementCount(samples.shape)));
  for (let i = 0; i < values.length; i++, at += codec.bytes) {
    const value = values[i]!;
    if (Number.isNaN(value))
      throw new RangeError(
        `encodeAudio: samples must be numbers, got NaN at [${Math.floor(i / channels)}, ${i % channels}]`,
      );
    codec.write(data, at, value);
  }
  file.set(info, length - info.length);
  return file;
};
