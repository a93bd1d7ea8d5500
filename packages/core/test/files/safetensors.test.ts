import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type SafetensorsProblem,
  type ShapedArray,
} from '../../src/files/safetensors.ts';

/** A file from a header as text and the bytes of the arrays, without validation. */
const rawFile = (header: string | Uint8Array, data: ArrayLike<number> = []): Uint8Array => {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(Uint8Array.from(data), 8 + text.length);
  return bytes;
};

const catchProblem = (bytes: Uint8Array): SafetensorsError => {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) return error;
    throw error;
  }
  throw new Error('the bytes were accepted');
};

const small = (): Uint8Array =>
  encodeSafetensors(
    new Map<string, ShapedArray>([
      ['weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-30) }],
      ['step', { shape: [], data: Int32Array.of(7) }],
      ['empty', { shape: [0, 4], data: new Float32Array(0) }],
    ]),
    { made: 'by a test' },
  );

describe('encodeSafetensors', () => {
  it('writes the documented bytes', () => {
    const bytes = encodeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, -2) }]]), { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('gives equal bytes for equal input', () => {
    expect(small()).toEqual(small());
  });

  it('writes a view into a larger buffer', () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    const { tensors } = decodeSafetensors(
      encodeSafetensors(new Map([['a', { shape: [2], data: whole.subarray(1, 3) }]])),
    );
    expect(tensors.get('a')?.data).toEqual(Float32Array.of(1, 2));
  });

  it('rejects what it could not read back', () => {
    const data = new Float32Array(2);
    expect(() => encodeSafetensors(new Map([['a', { shape: [3], data }]]))).toThrow(
      RangeError('encodeSafetensors: tensor "a" of shape [3] has 2 elements'),
    );
    expect(() => encodeSafetensors(new Map([['a', { shape: [-1, -2], data }]]))).toThrow(RangeError);
    expect(() => encodeSafetensors(new Map([['__metadata__', { shape: [2], data }]]))).toThrow(RangeError);
    expect(() => encodeSafetensors(new Map([['\ud800', { shape: [2], data }]]))).toThrow(/well-formed Unicode/);
    expect(() => encodeSafetensors(new Map(), { key: 'a\udc00b' })).toThrow(/well-formed Unicode/);
  });
});

describe('decodeSafetensors', () => {
  const name = fc.string({ unit: 'binary', maxLength: 8 }).filter(text => text !== '__metadata__');
  const number32 = fc.float({ noNaN: true });
  const array = fc.oneof(
    fc.array(number32, { maxLength: 12 }).map(values => Float32Array.from(values)),
    fc
      .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 12 })
      .map(values => Int32Array.from(values)),
    fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 12 }).map(values => Uint32Array.from(values)),
    fc.int8Array({ maxLength: 12 }),
    fc.uint8Array({ maxLength: 12 }),
    fc.int16Array({ maxLength: 12 }),
    fc.uint16Array({ maxLength: 12 }),
    fc.bigInt64Array({ maxLength: 12 }),
    fc.bigUint64Array({ maxLength: 12 }),
  );
  const tensor = array.chain(data =>
    fc.constantFrom<number[]>([data.length], [1, data.length], [data.length, 1, 1]).map(shape => ({ shape, data })),
  );

  it('returns what was written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }),
        fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary' })), { selector: ([key]) => key, maxLength: 4 }),
        (entries, metadataEntries) => {
          const metadata = Object.fromEntries(metadataEntries);
          const file = decodeSafetensors(encodeSafetensors(new Map<string, ShapedArray>(entries), metadata));
          expect(Object.entries(file.metadata)).toEqual(Object.entries(metadata));
          expect(file.tensors.size).toBe(entries.length);
          for (const [key, { shape, data }] of entries) {
            const read = file.tensors.get(key);
            expect(read?.shape).toEqual(shape);
            expect(read?.data).toEqual(data);
          }
        },
      ),
    );
  });

  it('widens F16, BF16 and F64 to float32', () => {
    const header = (dtype: string, bytes: number, count: number): string =>
      `{"a":{"dtype":"${dtype}","shape":[${count}],"data_offsets":[0,${bytes}]}}`;
    const read = (dtype: string, words: Uint16Array | Float64Array): unknown =>
      decodeSafetensors(
        rawFile(header(dtype, words.byteLength, words.length), new Uint8Array(words.buffer)),
      ).tensors.get('a')?.data;
    // IEEE 754-2019, table 3.5: the limits of binary16.
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    const wide = [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity, NaN, 0.333251953125];
    expect(read('F16', halves)).toEqual(Float32Array.from(wide));
    expect(read('BF16', Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x8000))).toEqual(
      Float32Array.of(1, -3.140625, Infinity, -0),
    );
    expect(read('F64', Float64Array.of(0.1, -1e300))).toEqual(Float32Array.of(0.1, -Infinity));
  });

  it('reads arrays at odd offsets, and from a Node Buffer that shares its memory', () => {
    const bytes = encodeSafetensors(
      new Map<string, ShapedArray>([
        ['flag', { shape: [1], data: Uint8Array.of(1) }],
        ['value', { shape: [1], data: Float32Array.of(2.5) }],
      ]),
    );
    const buffer = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    const { tensors } = decodeSafetensors(buffer);
    buffer.fill(0);
    expect(tensors.get('value')?.data).toEqual(Float32Array.of(2.5));
    expect(tensors.get('value')?.data.buffer.byteLength).toBe(4);
  });

  it('treats __proto__ as an ordinary name', () => {
    const tensors = new Map([['__proto__', { shape: [1], data: Float32Array.of(5) }]]);
    const metadata = JSON.parse('{"__proto__":"p"}') as Record<string, string>;
    const file = decodeSafetensors(encodeSafetensors(tensors, metadata));
    expect(file.tensors.get('__proto__')?.data).toEqual(Float32Array.of(5));
    expect(Object.entries(file.metadata)).toEqual([['__proto__', 'p']]);
  });

  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): string =>
    `{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`;

  it.each<[SafetensorsProblem, RegExp, Uint8Array]>([
    ['not-safetensors', /an empty file/, new Uint8Array(0)],
    ['truncated', /at least 8 bytes, got 3/, Uint8Array.of(1, 0, 0)],
    ['truncated', /the header has 100 bytes, the file ends after 1 of them/, rawFile('{').with(0, 100)],
    [
      'truncated',
      /the tensors take 8 bytes, the file ends after 4 of them/,
      rawFile(`{"a":${f32(0, 8)}}`, new Array(4).fill(0)),
    ],
    ['header-too-large', /at most 100000000 bytes, this one claims 18446744073709551615/, new Uint8Array(8).fill(255)],
    ['header-too-large', /claims 100000001/, Uint8Array.of(0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, 0x7b)],
    ['invalid-header', /begin with '\{'/, rawFile('')],
    ['invalid-header', /begin with '\{'/, rawFile(' {}')],
    ['invalid-header', /must be JSON/, rawFile('{"a"}')],
    ['invalid-header', /must be JSON/, rawFile('{}}')],
    ['invalid-header', /UTF-8/, rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))],
    ['invalid-header', /3 levels/, rawFile(`{"a":${'['.repeat(1_000_000)}`)],
    ['invalid-header', /must be \{ dtype, shape, data_offsets \}, got 3/, rawFile('{"a":3}')],
    ['invalid-header', /got also "x"/, rawFile('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}')],
    ['invalid-header', /dtype must be a string, got nothing/, rawFile('{"a":{"shape":[0],"data_offsets":[0,0]}}')],
    ['invalid-header', /shape must be/, rawFile('{"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,0]}}')],
    ['invalid-header', /shape must be/, rawFile('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}')],
    [
      'invalid-header',
      /shape must be/,
      rawFile('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
    ],
    ['invalid-header', /data_offsets must be/, rawFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}')],
    ['invalid-header', /data_offsets must be/, rawFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}')],
    ['invalid-header', /data_offsets must be/, rawFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":"ab"}}')],
    ['invalid-header', /__metadata__ must be an object/, rawFile('{"__metadata__":[]}')],
    ['invalid-header', /strings to strings, got 1 for "k"/, rawFile('{"__metadata__":{"k":1}}')],
    ['unknown-dtype', /got "F8_E4M3"/, rawFile('{"a":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}}')],
    [
      'wrong-size',
      /F32 \[3\] takes 12 bytes, data_offsets has 8/,
      rawFile(`{"a":${f32(0, 8, [3])}}`, new Array(8).fill(0)),
    ],
    ['duplicate-key', /"a" twice/, rawFile(`{"a":${f32(0, 4)},"\\u0061":${f32(4, 8)}}`, new Array(8).fill(0))],
    ['duplicate-key', /"k" twice/, rawFile('{"__metadata__":{"k":"1","k":"2"}}')],
    [
      'overlap',
      /"b" begins at 4, the one before it ends at 8/,
      rawFile(`{"a":${f32(0, 8)},"b":${f32(4, 12)}}`, new Array(12).fill(0)),
    ],
    ['gap', /"b" begins at 8, bytes 4 to 8/, rawFile(`{"a":${f32(0, 4)},"b":${f32(8, 12)}}`, new Array(12).fill(0))],
    ['gap', /2 more follow/, rawFile(`{"a":${f32(0, 4)}}`, new Array(6).fill(0))],
  ])('%s: %s', (problem, message, bytes) => {
    const error = catchProblem(bytes);
    expect(error.message).toMatch(message);
    expect(error.problem).toBe(problem);
    expect(error.name).toBe('SafetensorsError');
  });

  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  it.each<[string, Uint8Array]>([
    ['a PNG file', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)],
    ['a JPEG file', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49)],
    ['a zip file', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0)],
    ['a Python pickle', Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9)],
    ['a Python pickle', Uint8Array.of(0x80, 4, 0x95, 0x20, 0, 0, 0, 0, 0, 0, 0, 0x7d)],
    ['a gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)],
    ['an HDF5 file', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['a JSON file', text('{"modelTopology": {}}')],
    ['an HTML page', text('<!DOCTYPE html><html><head>')],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:')],
    ['a text file', text('Not found: the file is elsewhere.')],
  ])('identifies %s', (kind, bytes) => {
    const error = catchProblem(bytes);
    expect(error.problem).toBe('not-safetensors');
    expect(error.message).toContain(`this looks like ${kind}`);
  });

  it('does not mistake a truncated file for another format', () => {
    // A header of 0x0280 bytes begins like a pickle of protocol 2.
    const bytes = rawFile(`{"__metadata__":{"k":"${'x'.repeat(0x280 - 25)}"}}`);
    expect([...bytes.subarray(0, 3)]).toEqual([0x80, 2, 0]);
    expect(catchProblem(bytes.subarray(0, 100)).problem).toBe('truncated');
    expect(catchProblem(bytes.subarray(0, 5)).problem).toBe('truncated');
  });

  it('reads a header with a string of many megabytes', () => {
    const long = 'x\\n'.repeat(4_000_000);
    expect(decodeSafetensors(encodeSafetensors(new Map(), { long })).metadata['long']).toBe(long);
  });

  it('rejects every truncation', () => {
    const bytes = small();
    for (let length = 0; length < bytes.length; length++)
      expect(['truncated', 'not-safetensors'], `length ${length}`).toContain(
        catchProblem(bytes.subarray(0, length)).problem,
      );
  });

  it('gives a SafetensorsError or a valid file for any damaged byte of the header', () => {
    const bytes = small();
    const dataStart = 8 + (bytes[0] as number);
    let accepted = 0;
    for (let at = 0; at < dataStart; at++)
      for (let byte = 0; byte < 256; byte++) {
        if (byte === bytes[at]) continue;
        try {
          const { tensors } = decodeSafetensors(bytes.with(at, byte));
          for (const { shape, data } of tensors.values()) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          accepted++;
        } catch (error) {
          if (!(error instanceof SafetensorsError)) throw error;
        }
      }
    // Only changes of letters in names and metadata can give a valid file.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(0.25 * 256 * dataStart);
  });

  it('throws a SafetensorsError for random bytes after a plausible start', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), noise => {
        expect(catchProblem(rawFile(Uint8Array.of(0x7b, ...noise, 0x21)))).toBeInstanceOf(SafetensorsError);
      }),
    );
  });

  it('rejects values other than a Uint8Array', () => {
    // @ts-expect-error the type forbids it; JavaScript callers are told
    expect(() => decodeSafetensors(new ArrayBuffer(8))).toThrow(TypeError);
  });
});
