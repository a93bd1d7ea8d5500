import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { assertFinite } from '../../src/arrays/assert-finite.ts';
import { audioSamples } from '../../src/points/audio-samples.ts';
import { pixels } from '../../src/points/pixels.ts';
import { stratifiedSamples } from '../../src/points/stratified-samples.ts';
import { subset } from '../../src/points/subset.ts';
import { uniformPixels } from '../../src/points/uniform-pixels.ts';

const holed = (...places: number[]): Float32Array<ArrayBuffer> => {
  const data = new Float32Array(24);
  for (const place of places) data[place] = Number.NaN;
  return data;
};

test('names the count and the first index, in the order of the view', () => {
  const says = (action: () => void): string => {
    try {
      action();
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      return (error as Error).message;
    }
    return '';
  };
  const array = ndarray(holed(5, 23), [2, 4, 3]);
  expect(says(() => assertFinite('f', 'values', array))).toBe(
    'f: values must be finite float32 numbers; 2 of 24 are not, the first NaN at [0, 1, 2]',
  );
  expect(says(() => assertFinite('f', 'values', array.transpose(2, 1, 0)))).toContain(
    '2 of 24 are not, the first NaN at [2, 1, 0]',
  );
  expect(says(() => assertFinite('f', 'values', array.lo(1, 0, 0)))).toContain(
    '1 of 12 is not, the first NaN at [0, 3, 2]',
  );
  expect(says(() => assertFinite('f', 'values', array.hi(1, 1, 3)))).toBe('');
  expect(says(() => assertFinite('f', 'values', { data: [1, 1e39, Number.NEGATIVE_INFINITY], shape: [3] }))).toContain(
    '2 of 3 are not, the first 1e+39 at [1]',
  );
  expect(says(() => assertFinite('f', 'values', { data: Uint8Array.of(255), shape: [1] }))).toBe('');
});

describe('non-finite values are rejected before any point is drawn, in', () => {
  const good = { data: new Float32Array(24), shape: [2, 4, 3] };
  const bad = { data: holed(7), shape: [2, 4, 3] };
  const says = /: the values must be finite float32 numbers; 1 of 24 is not, the first NaN at \[0, 2, 1\]/;

  test('pictures', () => {
    expect(() => pixels(bad)).toThrow(says);
    expect(() => uniformPixels(bad, { count: 2 })).toThrow(says);
    expect(() => stratifiedSamples(bad, { counts: [1, 2] })).toThrow(says);
  });

  test('additional targets and masks', () => {
    expect(() => pixels(good, { targets: { gradient: bad } })).toThrow(
      'pixels: the values of target gradient must be finite',
    );
    const mask = { data: Float32Array.of(1, 1, 1, 0, 0, Number.NaN, 1, 1), shape: [2, 4] };
    expect(() => subset(pixels(good), { mask })).toThrow('subset: the values of the mask must be finite');
  });

  test('sounds, with either amplitude option', () => {
    const sound = { samples: { data: Float64Array.of(0, 0.5, Number.POSITIVE_INFINITY, 1), shape: [2, 2] } };
    for (const amplitude of ['keep', 'peak'] as const)
      expect(() => audioSamples(sound, { amplitude })).toThrow(
        'audioSamples: the values must be finite float32 numbers; 1 of 4 is not, the first Infinity at [1, 0]',
      );
  });
});
