import { describe, expect, test } from 'vitest';
import { MatlabError, type MatlabProblem } from '../src/shared/matlab-elements.ts';
import { type DecodeMatlabOptions, decodeMatlab, type MatlabArray } from '../src/shared/matlab-file.ts';
import { encodeMatlab } from './matlab.ts';

/**
 * By SciPy 1.17.1: `savemat(file, {'a': ..., 'z': ..., 'i': ..., 'u': ..., 't': 'text', 's': {'x': 1.0}, 'l': ..., 'f':
 * ...}, do_compression=True)`.
 */
const byScipy = Buffer.from(
  `TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFNhdCBOb3YgMjEgMTE6NDA6MzIgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAPwAAAHic42NgYEgAYjYg5oDSIMAK5TMBMTMQMwJhIpDmBGIDBhj4YQ+hBRygAgcglAiUz+EQ
+fnHIfm8pYwAyT0ITQ8AAAA2AAAAeJzjY2BgiABiNiDmANEgAghYoXwmIGYEY0aGKiDNCcQCDDDwwR5CczigijM4QCiBAwCEeQPIDwAAACsAAAB4nONjYGCwAGI2
IOYAYi4GCGCF8hmBmBlMMzJkQtlsYP6//zpASQAskAMPDwAAAC8AAAB4nONjYGBwAGI2IOYAYk4GCGAFYh4gZkLCIMAIhKVQPkg9AwsTGyMrMzsAKKABGg8AAAAo
AAAAeJzjY2BgMABiNiDmAGIWBghghfIZoWKMQFgCpAWAvJLUihIAHJkCsg8AAAA5AAAAeJzjY2BgqABiNiDmAGImBghghfIZ4ZiRoRgszgJWwwgkQfr4gNgCST8b
Tv0QwAkVh4AP9gCzTQNLDwAAACcAAAB4nONjYGCwAGI2IOYAYj4GCGCF8hnhmJEhB0jzQMXBACgBACJVAPUPAAAAJQAAAHic42NgYDAAYjYg5gBidgYIYIXyGeGY
kSENLM8CkrYHABfBARU=`,
  'base64',
);

/** The number at a place, and its imaginary part. */
const at = ({ shape, real, imaginary }: MatlabArray, ...place: readonly number[]): readonly (number | undefined)[] => {
  const index = place.reduceRight((sum, k, axis) => sum * (shape[axis] as number) + k, 0);
  return [real[index], imaginary?.[index]];
};

describe('a file by SciPy, compressed', () => {
  const { names, arrays } = decodeMatlab(byScipy);
  const named = (name: string): MatlabArray => arrays.get(name) as MatlabArray;

  test('has its arrays of numbers, and neither text nor structures', () => {
    expect(names).toEqual(['a', 'z', 'i', 'u', 'l', 'f']);
    expect([...arrays.keys()]).toEqual(names);
  });

  test('gives those that are asked for alone', () => {
    const some = decodeMatlab(byScipy, { variables: ['z', 'l', 'absent'] });
    expect(some.names).toEqual(names);
    expect([...some.arrays]).toEqual([
      ['z', named('z')],
      ['l', named('l')],
    ]);
  });

  test('keeps rows and columns apart', () => {
    expect(named('a').shape).toEqual([2, 3]);
    expect([0, 1].map(i => [0, 1, 2].map(j => at(named('a'), i, j)[0]))).toEqual([
      [1.5, -2, 3],
      [4, 5, 1e-300],
    ]);
    expect(named('u').shape).toEqual([2, 2, 2]);
    for (const [i, j, k] of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const)
      expect(at(named('u'), i, j, k)[0]).toBe(4 * i + 2 * j + k);
  });

  test('has complex numbers, and other types than float64', () => {
    expect([at(named('z'), 0, 0), at(named('z'), 1, 0)]).toEqual([
      [1, 2],
      [3, -4],
    ]);
    expect([0, 1, 2].map(j => at(named('i'), 0, j)[0])).toEqual([1, -2, 300]);
    expect(at(named('l'), 0, 0)[0]).toBe(2 ** 40);
    expect(at(named('f'), 0, 0)[0]).toBe(0.5);
    expect(named('a').imaginary).toBeUndefined();
  });
});

test.each([
  { compressed: false, little: true },
  { compressed: true, little: true },
  { compressed: false, little: false },
  { compressed: true, little: false },
])('what was written is read: %o', format => {
  for (const shape of [
    [1, 1],
    [3, 2],
    [1, 5],
    [4, 1],
  ] as const) {
    const real = Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i) * 10 ** (20 * i - 40));
    const imaginary = real.map(value => -1 / value);
    const written = { shape, real, imaginary };
    const file = encodeMatlab({ first: { shape: [1, 1], real: [7] }, second: written }, format);
    const read = decodeMatlab(file).arrays.get('second') as MatlabArray;
    expect(read.shape).toEqual(shape);
    for (const [i, value] of real.entries())
      expect(at(read, Math.floor(i / shape[1]), i % shape[1])).toEqual([value, imaginary[i]]);
  }
});

const problemOf = (bytes: Uint8Array, options?: DecodeMatlabOptions): MatlabProblem | undefined => {
  try {
    decodeMatlab(bytes, options);
    return undefined;
  } catch (error) {
    if (error instanceof MatlabError) return error.problem;
    throw error;
  }
};

const matrix = { shape: [2, 2], real: [1, 2, 3, 4], imaginary: [5, 6, 7, 8] } as const;

describe('what is no such file', () => {
  const whole = encodeMatlab({ a: matrix });

  test('is refused with the reason', () => {
    expect(problemOf(new Uint8Array())).toBe('not-matlab');
    expect(problemOf(new TextEncoder().encode('Dear Ada, '.repeat(20)))).toBe('not-matlab');
    expect(problemOf(whole.subarray(0, -8))).toBe('truncated');
    expect(problemOf(whole.subarray(0, 130))).toBe('truncated');
    const hdf5 = new Uint8Array(600);
    hdf5.set(new TextEncoder().encode('MATLAB 7.3 MAT-file, Platform: GLNXA64'));
    expect(problemOf(hdf5)).toBe('unsupported');
    expect(() => decodeMatlab(hdf5)).toThrow(/got one of 7\.3, which is HDF5: save it with -v7/);
    const packed = encodeMatlab({ a: matrix }, { compressed: true });
    packed.fill(0x55, 140);
    expect(problemOf(packed)).toBe('damaged');
    expect(problemOf(encodeMatlab({ a: { ...matrix, imaginary: [1] } }))).toBe('damaged');
  });

  test('is refused before it takes memory, when it is more than there should be', () => {
    const zeros = 2 ** 19;
    const large = { shape: [1, zeros], real: new Float64Array(zeros) } as const;
    const bomb = encodeMatlab({ a: matrix, large }, { compressed: true });
    expect(bomb.length).toBeLessThan(zeros / 100);
    expect(problemOf(bomb)).toBe('too-large');
    expect(() => decodeMatlab(bomb)).toThrow("'large' has 1 x 524288 numbers, and 262144 are read at most");
    // It is not inflated where it is not asked for.
    const { names, arrays } = decodeMatlab(bomb, { variables: ['a'] });
    expect([names, [...arrays.keys()]]).toEqual([['a', 'large'], ['a']]);
    expect(decodeMatlab(bomb, { maxNumbers: 2 ** 20 }).arrays.get('large')?.real).toHaveLength(zeros);
    // One that says that it is small.
    const liar = encodeMatlab({ a: { ...large, claimed: [2, 2] } }, { compressed: true });
    expect(() => decodeMatlab(liar)).toThrow('a compressed array cannot be inflated: it is larger than it says');
    // Sizes whose product is too large for memory, or overflows.
    for (const claimed of [[2 ** 31 - 1, 2 ** 31 - 1], Array.from({ length: 32 }, () => 2 ** 31 - 1)])
      for (const compressed of [false, true])
        expect(problemOf(encodeMatlab({ a: { ...matrix, claimed } }, { compressed }))).toBe('too-large');
    expect(problemOf(encodeMatlab({ a: { ...matrix, claimed: Array.from({ length: 33 }, () => 1) } }))).toBe('damaged');
    expect(problemOf(encodeMatlab({ a: { ...matrix, claimed: [2 ** 32 - 1, 2] } }))).toBe('damaged');
    // Together.
    expect(problemOf(encodeMatlab({ a: matrix, b: matrix }), { maxNumbers: 15 })).toBe('too-large');
    expect(problemOf(encodeMatlab({ a: matrix, b: matrix }), { maxNumbers: 16 })).toBeUndefined();
  });

  test('never ends in any other error, wherever it ends early or a byte is wrong', () => {
    for (const compressed of [false, true]) {
      const bytes = encodeMatlab({ a: matrix, b: matrix }, { compressed });
      for (let length = 0; length < bytes.length; length++) problemOf(bytes.subarray(0, length));
      for (let at = 0; at < bytes.length; at++)
        for (const value of [0, 1, 5, 14, 15, 127, 255]) {
          const wrong = bytes.slice();
          wrong[at] = value;
          problemOf(wrong);
        }
    }
  });
});
