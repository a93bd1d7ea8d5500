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
  chunk(
    'fmt ',
    Uint8Array.from([code & 255, code >> 8, channels, 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, bits, 0, ...rest]),
  );

describe.each(golden.wavs)(
  '$sampleFormat files of other programs',
  ({ sampleFormat, sampleRate, channels, file, samples }) => {
    test('is read', () => {
      const audio = decodeAudio(Buffer.from(file, 'base64'));
      expect(audio.sampleRate).toBe(sampleRate);
      expect(audio.samples.shape).toEqual([samples.length / channels, channels]);
      expectClose(audio.samples.data, samples, 1e-7);
    });

    test('is reproduced by the encoder', () => {
      const array = ndarray(Float64Array.from(samples), [samples.length / channels, channels]);
      const bytes = encodeAudio({ samples: array, sampleRate }, { sampleFormat });
      const written = Buffer.from(file, 'base64');
      // The header may differ in optional parts, and the padding after an odd length; the data may not.
      const length = samples.length * SAMPLE_CODECS[sampleFormat].bytes;
      const dataOf = (buffer: Buffer): Buffer => buffer.subarray(buffer.indexOf('data') + 8).subarray(0, length);
      expect(dataOf(Buffer.from(bytes)).equals(dataOf(written))).toBe(true);
    });
  },
);

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
    expect([...decodeAudio(encodeAudio({ samples, sampleRate: 1 }, { sampleFormat: 'float32' })).samples.data]).toEqual(
      [-2, 2],
    );
  });
});

describe('files found in practice', () => {
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

  test('64-bit floats', () => {
    const bytes = riff(format(3, 1, 64), chunk('data', new Uint8Array(Float64Array.of(0.25).buffer)));
    expect(element(decodeAudio(bytes).samples, 0, 0)).toBe(0.25);
  });
});

describe('lengths that do not match the file', () => {
  const sound = Uint8Array.from({ length: 8 }, (_, i) => 16 * i);
  const plain = decodeAudio(riff(format(1, 1, 16), chunk('data', sound)));
  const withLength = (length: number, ...after: Uint8Array[]): Uint8Array => {
    const bytes = riff(format(1, 1, 16), chunk('data', sound), ...after);
    new DataView(bytes.buffer).setUint32(12 + 24 + 4, length, true);
    return bytes;
  };
  const kinds = (bytes: Uint8Array): readonly string[] => decodeAudio(bytes).notes.map(({ kind }) => kind);

  test.each([0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 0])(
    '%i, as written to pipes: all available samples are used',
    length => {
      const bytes = withLength(length);
      const audio = decodeAudio(bytes);
      expect(audio.samples).toEqual(plain.samples);
      expect(audio.notes).toEqual([
        {
          kind: 'unknown-length',
          text: expect.stringMatching(/does not say how long the sound is.*all 8 bytes to its end/),
        },
      ]);
      expect(plain.notes).toEqual([]);
    },
  );

  test('a few bytes too many, or half of the sound missing: the available samples, and a note', () => {
    for (const length of [9, 10, 24, 0x7fffefff]) {
      expect(decodeAudio(withLength(length)).samples).toEqual(plain.samples);
      expect(decodeAudio(withLength(length)).notes).toEqual([
        {
          kind: 'ends-early',
          text: `the file should have ${length} bytes of samples, but has 8; these are used, and the end may be missing`,
        },
      ]);
    }
  });

  test('bytes that are not a whole sample are ignored with a note', () => {
    const two = riff(format(1, 2, 16), chunk('data', sound.subarray(0, 7)));
    expect(decodeAudio(two).samples.shape).toEqual([1, 2]);
    expect(kinds(two)).toEqual(['spare-bytes']);
  });

  test('a sound of length 0 before other chunks is really empty', () => {
    const empty = riff(format(1, 1, 16), chunk('data', new Uint8Array(0)), chunk('LIST', sound), chunk('id3 ', sound));
    expect(problemOf(() => decodeAudio(empty))).toBe('too-short');
  });

  test('other chunks of odd length without the padding', () => {
    const bare = chunk('LIST', Uint8Array.from([65, 66, 67])).subarray(0, 11);
    const audio = decodeAudio(riff(bare, format(1, 1, 16), chunk('data', sound)));
    expect(audio.samples).toEqual(plain.samples);
  });

  test.each(['RF64', 'BW64'])('%s stores its length in 64 bits', form => {
    const sizes = new Uint8Array(28);
    new DataView(sizes.buffer).setBigUint64(8, 8n, true);
    const file = (data: Uint8Array, ...after: Uint8Array[]): Uint8Array => {
      const bytes = riff(chunk('ds64', sizes), format(1, 1, 16), data, ...after);
      bytes.set(new TextEncoder().encode(form));
      const view = new DataView(bytes.buffer);
      view.setUint32(4, 0xffffffff, true);
      view.setUint32(12 + 36 + 24 + 4, 0xffffffff, true);
      return bytes;
    };
    // Bytes after the sound are not part of it.
    const audio = decodeAudio(file(chunk('data', sound), chunk('axml', Uint8Array.of(1, 2, 3, 4))));
    expect(audio).toEqual(plain);
    new DataView(sizes.buffer).setBigUint64(8, 2n ** 40n, true);
    expect(kinds(file(chunk('data', sound)))).toEqual(['unknown-length']);
    new DataView(sizes.buffer).setBigUint64(8, 2n ** 64n - 1n, true);
    expect(decodeAudio(file(chunk('data', sound))).samples).toEqual(plain.samples);
  });
});

describe('samples that are not finite', () => {
  const float = (bits: 32 | 64, values: number[]): Uint8Array =>
    riff(
      format(3, 2, bits),
      chunk('data', new Uint8Array((bits === 32 ? Float32Array.from(values) : Float64Array.from(values)).buffer)),
    );

  test.each([
    [32, [0, 1, 2, Number.NaN, 4, Number.NEGATIVE_INFINITY], '2 of 6 are not, the first NaN at [1, 1]'],
    [64, [0, 1, 2, 3, Number.POSITIVE_INFINITY, 5], '1 of 6 is not, the first Infinity at [2, 0]'],
    [64, [0, 1e39, 2, 3], '1 of 4 is not, the first Infinity at [0, 1]'],
  ] as const)('of %i bits are named', (bits, values, says) => {
    const decode = () => decodeAudio(float(bits, [...values]));
    expect(problemOf(decode)).toBe('not-finite');
    expect(decode).toThrow(`decodeAudio: samples must be finite float32 numbers; ${says}`);
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
    for (const length of [13, 30, 40, 43, 44])
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

  test('sounds that cannot be encoded', () => {
    const samples = ndarray(new Float32Array([0, Number.NaN]), [1, 2]);
    expect(() => encodeAudio({ samples, sampleRate: 8000 })).toThrow(
      'encodeAudio: samples must be numbers, got NaN at [0, 1]',
    );
    expect(() => encodeAudio({ samples, sampleRate: 0.5 })).toThrow('sampleRate must be a positive integer, got 0.5');
    expect(() => encodeAudio({ samples: ndarray(new Float32Array(2), [2]), sampleRate: 1 })).toThrow(
      '[n, channels] and not empty, got [2]',
    );
  });
});
