import { describe, expect, test } from 'vitest';
import { decodeMatlab, MatlabError, type MatlabProblem } from '../../src/reproduce/shared/matlab-file.ts';
import { encodeMatlab } from './matlab.ts';

/** By SciPy 1.17.1: `savemat(file, {'a': ..., 'z': ..., 'i': ..., 'u': ..., 't': 'text', 's': {'x': 1.0}, 'l': ..., 'f': ...}, do_compression=True)`. */
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

describe('a file by SciPy, compressed', () => {
  const arrays = decodeMatlab(byScipy);

  test('has its arrays of numbers, and neither text nor structures', () => {
    expect([...arrays.keys()]).toEqual(['a', 'z', 'i', 'u', 'l', 'f']);
  });

  test('keeps rows and columns apart', () => {
    const a = arrays.get('a')?.real;
    expect(a?.shape).toEqual([2, 3]);
    expect([0, 1].map(i => [0, 1, 2].map(j => a?.get(i, j)))).toEqual([
      [1.5, -2, 3],
      [4, 5, 1e-300],
    ]);
    const u = arrays.get('u')?.real;
    expect(u?.shape).toEqual([2, 2, 2]);
    for (const [i, j, k] of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const)
      expect(u?.get(i, j, k)).toBe(4 * i + 2 * j + k);
  });

  test('has complex numbers, and other types than float64', () => {
    const z = arrays.get('z');
    expect([z?.real.get(0, 0), z?.imaginary?.get(0, 0), z?.real.get(1, 0), z?.imaginary?.get(1, 0)]).toEqual([1, 2, 3, -4]);
    expect([0, 1, 2].map(j => arrays.get('i')?.real.get(0, j))).toEqual([1, -2, 300]);
    expect(arrays.get('l')?.real.get(0, 0)).toBe(2 ** 40);
    expect(arrays.get('f')?.real.get(0, 0)).toBe(0.5);
    expect(arrays.get('a')?.imaginary).toBeUndefined();
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
    const read = decodeMatlab(encodeMatlab({ first: { shape: [1, 1], real: [7] }, second: written }, format)).get('second');
    expect(read?.real.shape).toEqual(shape);
    for (const [i, value] of real.entries()) {
      const place = [Math.floor(i / shape[1]), i % shape[1]] as const;
      expect([read?.real.get(...place), read?.imaginary?.get(...place)]).toEqual([value, imaginary[i]]);
    }
  }
});

const problemOf = (bytes: Uint8Array): MatlabProblem | undefined => {
  try {
    decodeMatlab(bytes);
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
