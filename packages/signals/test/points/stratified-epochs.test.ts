import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { neighbourhoodIndex } from '../../src/points/neighbourhood-order.ts';
import { samples } from '../../src/points/samples.ts';
import { stratifiedEpochs, stratifiedSubsets } from '../../src/points/stratified-epochs.ts';

const RNG = createRng(0);

/** The value of a sample is its index, so that targets identify samples. */
const numbered = (shape: readonly number[]) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return ndarray(
    Float32Array.from({ length: size }, (_, i) => i),
    [...shape, 1],
  );
};
const asStored = { valueScale: [0, 1], range: [0, 1] } as const;

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });

describe('the order of neighbourhoods', () => {
  test('has each point of a grid once', () => {
    fc.assert(
      fc.property(shapes, shape => {
        const size = shape.reduce((product, length) => product * length, 1);
        const seen = new Set(Array.from({ length: size }, (_, place) => neighbourhoodIndex(shape, place)));
        expect(seen.size).toBe(size);
        expect(Math.max(...seen)).toBe(size - 1);
      }),
    );
  });

  test('keeps runs of points compact', () => {
    for (let block = 0; block < 64; block++) {
      const indices = Array.from({ length: 16 }, (_, i) => neighbourhoodIndex([32, 32], 16 * block + i));
      for (const along of [(index: number) => Math.floor(index / 32), (index: number) => index % 32]) {
        const places = indices.map(along);
        expect(Math.max(...places) - Math.min(...places)).toBe(3);
      }
    }
  });
});

describe('stratifiedEpochs', () => {
  test('has each sample once in each epoch, whatever the sizes and chunks', () => {
    const cases = shapes.chain(shape => {
      const size = shape.reduce((product, length) => product * length, 1);
      return fc.record({ shape: fc.constant(shape), count: fc.integer({ min: 1, max: size }), seed: fc.integer() });
    });
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 50 }), ({ shape, count, seed }, chunk) => {
        const signal = numbered(shape);
        const size = signal.data.length;
        const source = stratifiedEpochs(signal, { count, seed, ...asStored });
        const steps = Math.ceil((2 * size) / count);
        const drawn: number[] = [];
        for (let step = 1; step <= steps; step++)
          for (let start = 0; start < count; start += chunk) {
            const batch = source.draw(start, Math.min(chunk, count - start), RNG, { step, steps });
            drawn.push(...batch.targets!['value']!);
          }
        for (const epoch of [0, 1]) expect(new Set(drawn.slice(epoch * size, (epoch + 1) * size)).size).toBe(size);
      }),
      { numRuns: 60 },
    );
  });

  test('takes a sample of each neighbourhood in a step, in an order that is new in each epoch', () => {
    const source = stratifiedEpochs(numbered([16, 16]), { count: 16, seed: 3, ...asStored });
    const steps = Array.from({ length: 32 }, (_, i) => [
      ...source.draw(0, 16, RNG, { step: i + 1, steps: 32 }).targets!['value']!,
    ]);
    for (const step of steps) {
      const blocks = step.map(index => 4 * Math.floor(index / 64) + Math.floor((index % 16) / 4));
      expect(new Set(blocks).size).toBe(16);
    }
    expect(steps.slice(0, 16)).not.toEqual(steps.slice(16));
    const other = stratifiedEpochs(numbered([16, 16]), { count: 16, seed: 4, ...asStored });
    expect([...other.draw(0, 16, RNG, { step: 1, steps: 1 }).targets!['value']!]).not.toEqual(steps[0]);
  });

  test('estimates the mean of a smooth signal with less variance than random samples', () => {
    const values = Float32Array.from({ length: 32 * 32 }, (_, i) => Math.sin(Math.floor(i / 32) / 5) + (i % 32) / 16);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const source = stratifiedEpochs(ndarray(values, [32, 32, 1]), { count: 64, seed: 1, ...asStored });
    let squares = 0;
    for (let step = 1; step <= 64; step++) {
      const drawn = source.draw(0, 64, RNG, { step, steps: 64 }).targets!['value']!;
      squares += (drawn.reduce((sum, value) => sum + value, 0) / 64 - mean) ** 2 / 64;
    }
    // Independent samples would give variance / 64; within blocks of 4 x 4 the signal varies by a few per cent of that.
    expect(squares).toBeLessThan(0.2 * (variance / 64));
  });

  test('errors', () => {
    const signal = numbered([3, 4]);
    expect(() => stratifiedEpochs(signal, { count: 13, seed: 1 })).toThrow(
      'stratifiedEpochs: count must be an integer from 1 to 12, got 13',
    );
    expect(() => stratifiedEpochs(signal, { count: 2, seed: Number.NaN })).toThrow('seed must be a finite number');
    expect(() => stratifiedEpochs(signal, { count: 2, sede: 1 } as never)).toThrow('sede');
  });
});

describe('stratifiedSubsets', () => {
  test('draws the same points as stratifiedEpochs of the signal', () => {
    const signal = numbered([7, 12]);
    const draws = { count: 20, seed: 3 };
    const epochs = stratifiedEpochs(signal, { ...draws, ...asStored });
    const subsets = stratifiedSubsets(samples(signal, asStored), { ...draws, grid: [7, 12] });
    for (const step of [1, 2, 5])
      expect(subsets.draw(0, 20, RNG, { step, steps: 5 })).toEqual(epochs.draw(0, 20, RNG, { step, steps: 5 }));
  });

  test('refuses a grid of another size', () => {
    const points = samples(numbered([4, 4]), asStored);
    expect(() => stratifiedSubsets(points, { grid: [4, 5], count: 4, seed: 0 })).toThrow(
      'stratifiedSubsets: grid must be the numbers of points along each axis, 16 in all, got [4, 5]',
    );
    expect(() => stratifiedSubsets(points, { grid: [], count: 4, seed: 0 })).toThrow(RangeError);
  });
});
