import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { AudioError, type AudioProblem } from '../../src/audio/audio-error.ts';
import { decodeAudio } from '../../src/audio/decode-audio.ts';
import { encodeAudio } from '../../src/audio/encode-audio.ts';
import { SAMPLE_CODECS } from '../../src/audio/sample-format.ts';
import { element } from '../element.ts';
import { expectClose, golden } from '../golden/golden.ts';

const problemOf = (action: () => unknown): AudioProblem | undefined => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(AudioError);
    return (error as AudioError).problem;
  }
  return undefined;
};

const chunk = (id: string, bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(8 + bytes.length + (bytes.length % 2));
  out.set(new TextEncoder().encode(id));
  new DataView(out.buffer).setUint32(4, bytes.length, true);
  out.set(bytes, 8);
  return out;
};

const riff = (...chunks: Uint8Array[]): Uint8Array =>
  chunk('RIFF', Uint8Array.from([...new TextEncoder().encode('WAVE'), ...chunks.flatMap(part => [...part])]));

const format = (code: number, channels: number, bits: number, rest: number[] = []): Uint8Array =>
  chunk('fmt ', Uint8Array.from([code & 255, code >> 8, channels, 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, bits, 0, ...rest]));

describe.each(golden.wavs)('$sampleFormat written by others', ({ sampleFormat, sampleRate, channels, file, samples }) => {
  test('is read', () => {
    const audio = decodeAudio(Buffer.from(file, 'base64'));
    expect(audio.sampleRate).toBe(sampleRate);
    expect(audio.samples.shape).toEqual([samples.length / channels, channels]);
    expectClose(audio.samples.data, samples, 1e-7);
  });

  test('comes out of the encoder again', () => {
    const array = ndarray(Float64Array.from(samples), [samples.length / channels, channels]);
    const bytes = encodeAudio({ samples: array, sampleRate }, { sampleFormat });
    const written = Buffer.from(file, 'base64');
    // The header may differ in optional parts, and the padding after an odd length; the data may not.
    const length = samples.length * SAMPLE_CODECS[sampleFormat].bytes;
    const dataOf = (buffer: Buffer): Buffer => buffer.subarray(buffer.indexOf('data') + 8).subarray(0, length);
    expect(dataOf(Buffer.from(bytes)).equals(dataOf(written))).toBe(true);
  });
});

describe('round trips', () => {
  test.each([
    ['uint8', 1 / 256],
    ['int16', 1 / 2 ** 16],
    ['int24', 1 / 2 ** 24 + 1e-7],
    ['int32', 1e-7],
    ['float32', 1e-12],
  ] as const)('%s', (sampleFormat, tolerance) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.float({ min: -1, max: Math.fround(0.99), noNaN: true }), { minLength: 3, maxLength: 30 }),
        (channels, values) => {
          const frames = Math.floor(values.length / channels);
          const samples = ndarray(Float32Array.from(values.slice(0, frames * channels)), [frames, channels]);
          const back = decodeAudio(encodeAudio({ samples, sampleRate: 44_100 }, { sampleFormat }));
          expect(back.sampleRate).toBe(44_100);
          expect(back.samples.shape).toEqual([frames, channels]);
          expectClose(back.samples.data, samples.data, tolerance * 1.01);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('integers clip, floats do not', () => {
    const samples = ndarray(new Float32Array([-2, 2]), [2, 1]);
    expect([...decodeAudio(encodeAudio({ samples, sampleRate: 1 })).samples.data]).toEqual([-1, 1 - 2 ** -15]);
    expect([...decodeAudio(encodeAudio({ samples, sampleRate: 1 }, { sampleFormat: 'float32' })).samples.data]).toEqual([-2, 2]);
  });
});

describe('what files in the wild have', () => {
  const sound = Uint8Array.from([0, 0x40, 0, 0xc0]);

  test('other chunks, also of odd length, before and after', () => {
    const audio = decodeAudio(
      riff(chunk('LIST', Uint8Array.from([1, 2, 3])), format(1, 1, 16), chunk('data', sound), chunk('id3 ', sound)),
    );
    expect([...audio.samples.data]).toEqual([0.5, -0.5]);
    expect(audio.sampleRate).toBe(8000);
  });

  test('the extensible format', () => {
    const rest = [22, 0, 16, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    expect(decodeAudio(riff(format(0xfffe, 2, 16, rest), chunk('data', sound))).samples.shape).toEqual([1, 2]);
  });

  test('an unknown length, as written to a pipe', () => {
    const bytes = riff(format(1, 1, 16), chunk('data', sound));
    new DataView(bytes.buffer).setUint32(bytes.length - 8, 0xffffffff, true);
    expect(decodeAudio(bytes).samples.shape).toEqual([2, 1]);
  });

  test('64-bit floats', () => {
    const bytes = riff(format(3, 1, 64), chunk('data', new Uint8Array(Float64Array.of(0.25).buffer)));
    expect(element(decodeAudio(bytes).samples, 0, 0)).toBe(0.25);
  });
});

describe('errors', () => {
  const good = encodeAudio({ samples: ndarray(new Float32Array(100), [50, 2]), sampleRate: 8000 });

  test('not a sound', () => {
    expect(problemOf(() => decodeAudio(new Uint8Array()))).toBe('empty-file');
    expect(problemOf(() => decodeAudio(new TextEncoder().encode('this is no sound at all')))).toBe('not-audio');
    expect(() => decodeAudio(new TextEncoder().encode('words'))).toThrow('wanted a WAV file, got text ("words")');
  });

  test('truncated', () => {
    for (const length of [13, 30, 40, 43, 100, good.length - 35])
      expect(problemOf(() => decodeAudio(good.slice(0, length)))).toBe('truncated');
  });

  test('unsupported, damaged or empty', () => {
    expect(problemOf(() => decodeAudio(riff(format(2, 1, 4), chunk('data', new Uint8Array(4)))))).toBe('unsupported');
    expect(() => decodeAudio(riff(format(1, 1, 12), chunk('data', new Uint8Array(4))))).toThrow('got code 1, 12 bits');
    expect(problemOf(() => decodeAudio(riff(chunk('data', new Uint8Array(4)))))).toBe('damaged');
    expect(problemOf(() => decodeAudio(riff(format(1, 0, 16), chunk('data', new Uint8Array(4)))))).toBe('damaged');
    expect(problemOf(() => decodeAudio(riff(format(1, 1, 16), chunk('data', new Uint8Array(0)))))).toBe('too-short');
    expect(problemOf(() => decodeAudio(Uint8Array.from(good, (byte, i) => (i === 3 ? 'X'.charCodeAt(0) : byte))))).toBe(
      'unsupported',
    );
  });

  test('what cannot be encoded', () => {
    const samples = ndarray(new Float32Array([0, Number.NaN]), [1, 2]);
    expect(() => encodeAudio({ samples, sampleRate: 8000 })).toThrow('encodeAudio: samples must be numbers, got NaN at [0, 1]');
    expect(() => encodeAudio({ samples, sampleRate: 0.5 })).toThrow('sampleRate must be a positive integer, got 0.5');
    expect(() => encodeAudio({ samples: ndarray(new Float32Array(2), [2]), sampleRate: 1 })).toThrow(
      '[n, channels] and not empty, got [2]',
    );
  });
});
