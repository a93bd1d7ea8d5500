import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { gridCoordinates } from '../../src/grids/grid-coordinates.ts';
import { audioSamples } from '../../src/points/audio-samples.ts';
import { createPermutation } from '../../src/points/permutation.ts';
import { pixels } from '../../src/points/pixels.ts';
import { shuffledPixels } from '../../src/points/shuffled-pixels.ts';
import { stratified } from '../../src/points/stratified.ts';
import { stratifiedSamples } from '../../src/points/stratified-samples.ts';
import { subset } from '../../src/points/subset.ts';
import { uniform } from '../../src/points/uniform.ts';
import { uniformPixels } from '../../src/points/uniform-pixels.ts';
import { withoutReplacement } from '../../src/points/without-replacement.ts';

const FIRST = { step: 1, steps: 1 };

/** The value of a pixel is its index, so that targets identify pixels. */
const numbered = (height: number, width: number) =>
  ndarray(
    Float32Array.from({ length: height * width }, (_, i) => i),
    [height, width, 1],
  );
const asStored = { valueScale: [0, 1], range: [0, 1] } as const;

/** The chi-squared statistic of counts against equal expectation. */
const chiSquared = (counts: readonly number[]): number => {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};

describe('permutation', () => {
  test('is a bijection of any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (length, seed) => {
        const permutation = createPermutation(length, createRng(seed));
        const seen = new Set(Array.from({ length }, (_, place) => permutation(place)));
        expect(seen.size).toBe(length);
        for (const number of seen) expect(number >= 0 && number < length).toBe(true);
      }),
    );
  });

  test('every value is equally likely at every index', () => {
    const length = 10;
    const counts = Array.from({ length }, () => new Array<number>(length).fill(0));
    for (let seed = 0; seed < 4000; seed++) {
      const permutation = createPermutation(length, createRng(seed));
      for (let place = 0; place < length; place++) counts[place]![permutation(place)]!++;
    }
    // 9 degrees of freedom: 27.9 is exceeded by chance once in 1000 times, for each of 10 indices.
    for (const at of counts) expect(chiSquared(at)).toBeLessThan(27.9);
  });

  test('works beyond 2^32', () => {
    const length = 2 ** 45 + 12345;
    const permutation = createPermutation(length, createRng(1));
    const numbers = Array.from({ length: 1000 }, (_, place) => permutation(place));
    expect(new Set(numbers).size).toBe(1000);
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length / length;
    // Five standard deviations of the mean of 1000 uniform numbers.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * 1000));
  });
});

describe('uniformPixels', () => {
  test('draws each pixel equally often, with its own target', () => {
    const source = uniformPixels(numbered(5, 5), { count: 20_000, ...asStored });
    const { coords, targets } = source.draw(0, 20_000, createRng(2), FIRST);
    const grid = gridCoordinates([5, 5]);
    const counts = new Array<number>(25).fill(0);
    for (const [i, number] of targets!['value']!.entries()) {
      counts[number]!++;
      expect([coords[2 * i], coords[2 * i + 1]]).toEqual([grid[2 * number], grid[2 * number + 1]]);
    }
    expect(chiSquared(counts)).toBeLessThan(51.2); // 24 degrees of freedom, 1 in 1000
  });

  test('errors', () => {
    expect(() => uniformPixels(numbered(2, 2), { count: 0 })).toThrow('count must be a positive integer, got 0');
  });
});

describe('shuffledPixels', () => {
  test('has no pixel twice in a step, and all of them if count is their number', () => {
    const source = shuffledPixels(numbered(9, 11), { count: 99, ...asStored });
    const { targets } = source.draw(0, 99, createRng(2), FIRST);
    expect([...targets!['value']!].sort((a, b) => a - b)).toEqual(Array.from({ length: 99 }, (_, i) => i));
    expect([...targets!['value']!.slice(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
  });

  test('errors', () => {
    expect(() => shuffledPixels(numbered(2, 2), { count: 5 })).toThrow('count must be an integer from 1 to 4, got 5');
  });
});

describe('stratifiedSamples', () => {
  test('puts one point in each cell', () => {
    const { coords } = stratifiedSamples(numbered(8, 8), { counts: [4, 5] }).draw(0, 20, createRng(1), FIRST);
    for (let i = 0; i < 20; i++) {
      expect(Math.floor(((coords[2 * i]! + 1) / 2) * 4)).toBe(Math.floor(i / 5));
      expect(Math.floor(((coords[2 * i + 1]! + 1) / 2) * 5)).toBe(i % 5);
    }
  });

  test('interpolates a plane exactly inside the outermost pixels, with either convention', () => {
    const [height, width] = [7, 9];
    const plane = ndarray(
      Float32Array.from(
        { length: height * width },
        (_, i) => (Math.floor(i / width) / (height - 1) + (2 * (i % width)) / (width - 1)) / 3,
      ),
      [height, width, 1],
    );
    const { coords, targets } = stratifiedSamples(plane, { counts: [10, 10], range: [0, 1] }).draw(
      0,
      100,
      createRng(1),
      FIRST,
    );
    for (let i = 0; i < 100; i++) {
      const [y, x] = [(coords[2 * i]! + 1) / 2, (coords[2 * i + 1]! + 1) / 2];
      expect(targets!['value']![i]).toBeCloseTo((y + 2 * x) / 3, 5);
    }
  });

  test('clamps beyond the outermost pixel centres', () => {
    const image = ndarray(new Float32Array([0.2, 0.8]), [1, 2, 1]);
    const source = stratifiedSamples(image, { counts: [1, 64], convention: 'pixel-centred', range: [0, 1] });
    const { coords, targets } = source.draw(0, 64, createRng(1), FIRST);
    for (let i = 0; i < 64; i++) {
      const x = Math.min(0.5, Math.max(-0.5, coords[2 * i + 1]!));
      expect(targets!['value']![i]).toBeCloseTo(0.5 + 0.6 * x, 5);
    }
  });

  test('errors', () => {
    expect(() => stratifiedSamples(numbered(2, 2), { counts: [2] })).toThrow(
      'counts must be 2 positive integers, one for each axis, got [2]',
    );
  });
});

describe('subset', () => {
  test('by mask: the selected pixels in order', () => {
    const mask = ndarray(Uint8Array.from([0, 1, 0, 0, 255, 1]), [2, 3]);
    const source = subset(pixels(numbered(2, 3), asStored), { mask });
    expect([...source.draw(0, 3, createRng(1), FIRST).targets!['value']!]).toEqual([1, 4, 5]);
    expect(source.size).toBe(3);
  });

  test('by fraction: the exact number of distinct pixels, determined by the seed, spread over the image', () => {
    const whole = pixels(numbered(50, 40), asStored);
    const numbers = (seed: number): number[] => {
      const source = subset(whole, { fraction: 0.1, seed });
      expect(source.size).toBe(200);
      return [...source.draw(0, 200, createRng(0), FIRST).targets!['value']!];
    };
    expect(new Set(numbers(1)).size).toBe(200);
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    const quarters = [0, 0, 0, 0];
    for (const number of numbers(1)) quarters[Math.floor(number / 500)]!++;
    expect(chiSquared(quarters)).toBeLessThan(16.3); // 3 degrees of freedom, 1 in 1000
  });

  test('mini-batches of a subset contain only its points', () => {
    const mask = ndarray(
      Uint8Array.from({ length: 100 }, (_, i) => Number(i % 7 === 0)),
      [10, 10],
    );
    const source = withoutReplacement(subset(pixels(numbered(10, 10), asStored), { mask }), { count: 10 });
    for (const number of source.draw(0, 10, createRng(3), FIRST).targets!['value']!) expect(number % 7).toBe(0);
  });

  test('errors', () => {
    const whole = pixels(numbered(2, 2));
    expect(() => subset(whole, { mask: ndarray(new Uint8Array(3), [3]) })).toThrow(
      'must have 4 elements, one per point, got [3]',
    );
    expect(() => subset(whole, { mask: ndarray(new Uint8Array(4), [2, 2]) })).toThrow(
      'must select at least one point, got 4 zeros',
    );
    expect(() => subset(whole, { fraction: 1.5, seed: 1 })).toThrow('got 1.5');
    expect(() => subset(whole, { fraction: 0.01, seed: 1 })).toThrow('at least one of 4 points');
  });
});

describe('samples', () => {
  const audio = { samples: ndarray(new Float32Array([0.1, -0.5, 0.25]), [3, 1]), sampleRate: 8000 };

  test('time and amplitude', () => {
    const { coords, targets } = audioSamples(audio, { coordinateRange: [-100, 100] }).draw(0, 3, createRng(1), FIRST);
    expect([...coords]).toEqual([-100, 0, 100]);
    expect([...targets!['value']!]).toEqual([...audio.samples.data]);
  });

  test('scaled to the peak', () => {
    const { targets } = audioSamples(audio, { amplitude: 'peak' }).draw(0, 3, createRng(1), FIRST);
    for (const [i, value] of [0.2, -1, 0.5].entries()) expect(targets!['value']![i]).toBeCloseTo(value, 6);
  });

  test('errors', () => {
    expect(() => audioSamples({ samples: ndarray(new Float32Array(2), [2, 1]) }, { amplitude: 'peak' })).toThrow(
      'silence',
    );
    expect(() => audioSamples({ samples: ndarray(new Float32Array(0), [0, 1]) })).toThrow('got [0, 1]');
    expect(() => audioSamples({ samples: ndarray(new Float32Array(8), [2, 2, 2]) })).toThrow(
      '[n, channels], got [2, 2, 2]',
    );
  });
});

describe('points of a box', () => {
  test('uniform: inside, with the mean of the box', () => {
    const n = 20_000;
    const { coords, targets } = uniform(
      [
        [0, 1],
        [-3, 5],
      ],
      { count: n },
    ).draw(0, n, createRng(4), FIRST);
    expect(targets).toBeUndefined();
    let sum = 0;
    for (let i = 0; i < n; i++) {
      expect(coords[2 * i]! >= 0 && coords[2 * i]! <= 1 && coords[2 * i + 1]! >= -3 && coords[2 * i + 1]! <= 5).toBe(
        true,
      );
      sum += coords[2 * i + 1]!;
    }
    expect(Math.abs(sum / n - 1)).toBeLessThan((5 * 8) / Math.sqrt(12 * n));
  });

  test('stratified: one in each cell, row-major', () => {
    const { coords } = stratified(
      [
        [0, 2],
        [10, 13],
      ],
      { counts: [2, 3] },
    ).draw(0, 6, createRng(4), FIRST);
    for (let i = 0; i < 6; i++) {
      expect(Math.floor(coords[2 * i]!)).toBe(Math.floor(i / 3));
      expect(Math.floor(coords[2 * i + 1]!)).toBe(10 + (i % 3));
    }
  });

  test('errors', () => {
    expect(() => uniform([[1, 0]], { count: 3 })).toThrow('low < high for each axis, got [[1,0]]');
    expect(() => stratified([[0, 1]], { counts: [0] })).toThrow('counts must be 1 positive integers');
  });
});
