import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { coarseToFine } from '../../src/points/coarse-to-fine.ts';
import { pixels } from '../../src/points/pixels.ts';

const [height, width] = [12, 20];
/** A plane, whose average over a block is its value at the mean of the coordinates. */
const plane = ndarray(
  Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [(2 * Math.floor(i / width)) / (height - 1) - 1, (2 * (i % width)) / (width - 1) - 1];
    return 0.3 * y - 0.5 * x + 0.1;
  }),
  [height, width, 1],
);
const asStored = { valueScale: [0, 1], range: [0, 1] } as const;

describe('coarseToFine', () => {
  test('has averages at the centres of blocks, also of those that are cut off', () => {
    const source = coarseToFine(plane, { count: 15, levels: 3, until: 1, ...asStored });
    const { coords, targets } = source.draw(0, 15, createRng(1), { step: 1, steps: 10 });
    const places = new Set<string>();
    for (let i = 0; i < 15; i++) {
      const [y, x] = [coords[2 * i]!, coords[2 * i + 1]!];
      places.add(`${y} ${x}`);
      expect(targets!['value']![i]).toBeCloseTo(0.3 * y - 0.5 * x + 0.1, 5);
    }
    expect(places.size).toBe(15); // 12 / 4 by 20 / 4
    const cut = coarseToFine(plane, { count: 6, levels: 4, until: 1, ...asStored }); // 8 + 4 by 8 + 8 + 4
    const few = cut.draw(0, 6, createRng(1), { step: 1, steps: 10 });
    for (let i = 0; i < 6; i++)
      expect(few.targets!['value']![i]).toBeCloseTo(0.3 * few.coords[2 * i]! - 0.5 * few.coords[2 * i + 1]! + 0.1, 5);
  });

  test('gets finer, and ends with the pixels themselves', () => {
    const steps = 100;
    const source = coarseToFine(plane, { count: 15, levels: 3, until: 0.5, ...asStored });
    const all = pixels(plane, asStored);
    const known = new Map(Array.from({ length: all.size }, (_, i) => [[...all.at([i]).coords].join(), i]));
    const finest = (step: number): boolean => {
      const { coords } = source.draw(0, 15, createRng(step), { step, steps });
      return Array.from({ length: 15 }, (_, i) => known.has([coords[2 * i], coords[2 * i + 1]].join())).every(Boolean);
    };
    expect([1, 25, 26, 50, 51, 100].map(finest)).toEqual([false, false, false, false, true, true]);
    const sides = (step: number): number =>
      new Set(Array.from({ length: 60 }, (_, seed) => source.draw(0, 15, createRng(seed), { step, steps }).coords[0]))
        .size;
    expect([1, 26, 51].map(sides)).toEqual([3, 6, 12]);
  });

  test('draws distinct points that do not depend on chunks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40 }), (chunk, step) => {
        const source = coarseToFine(plane, { count: 15, ...asStored });
        const whole = source.draw(0, 15, createRng(9), { step, steps: 40 }).coords;
        const parts: number[] = [];
        for (let start = 0; start < 15; start += chunk)
          parts.push(...source.draw(start, Math.min(chunk, 15 - start), createRng(9), { step, steps: 40 }).coords);
        expect(parts).toEqual([...whole]);
      }),
    );
  });

  test('errors', () => {
    expect(() => coarseToFine(plane, { count: 16, levels: 3 })).toThrow(
      'count must be an integer from 1 to 15, got 16',
    );
    expect(() => coarseToFine(plane, { count: 1, levels: 0 })).toThrow('levels must be an integer from 1 to 32, got 0');
    expect(() => coarseToFine(plane, { count: 1, levels: 6 })).toThrow('levels must leave more than one block');
    expect(() => coarseToFine(plane, { count: 1, until: 0 })).toThrow('until must be in (0, 1], got 0');
  });
});
