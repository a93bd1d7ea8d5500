import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultMaxFrequency,
  type Frequency,
  lowFrequencyOf,
  nyquistFrequency,
  periodicFrequencies,
  spectralFrequencies,
  uniformFrequencies,
} from '../src/index.ts';

const norm = (frequency: Frequency): number => Math.max(...frequency.map(Math.abs));
const inHalfSpace = (frequency: Frequency): boolean => (frequency.find(q => q !== 0) ?? 0) > 0;
const texts = (frequencies: readonly Frequency[]): string[] => frequencies.map(frequency => frequency.join());

const sizes = fc.record({
  inFeatures: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 3, max: 300 }),
  maxFrequency: fc.integer({ min: 1, max: 60 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  draw: fc.constantFrom('repeated' as const, 'distinct' as const),
});

describe('periodicFrequencies', () => {
  it('draws integers within the bound, in half of the space, the unit vectors first', () => {
    fc.assert(
      fc.property(sizes, options => {
        const frequencies = periodicFrequencies(options);
        expect(frequencies).toHaveLength(options.count);
        for (const frequency of frequencies) {
          expect(frequency).toHaveLength(options.inFeatures);
          expect(frequency.every(Number.isInteger)).toBe(true);
          expect(norm(frequency)).toBeLessThanOrEqual(options.maxFrequency);
          expect(inHalfSpace(frequency), `${frequency}`).toBe(true);
        }
        for (const [axis, unit] of frequencies.slice(0, options.inFeatures).entries())
          expect(unit).toEqual(Array.from({ length: options.inFeatures }, (_, i) => Number(i === axis)));
        expect(periodicFrequencies(options)).toEqual(frequencies);
      }),
      { numRuns: 40 },
    );
  });

  it('takes the published share of low frequencies, and the others from the published grid', () => {
    const frequencies = periodicFrequencies({
      inFeatures: 2,
      count: 256,
      maxFrequency: 85,
      lowFrequency: 10,
      draw: 'repeated',
      seed: 0,
    });
    const high = frequencies.filter(frequency => norm(frequency) > 10);
    expect(high).toHaveLength(254 - Math.round(0.7 * 254));
    // q = floor(sqrt(76 / 2)) + 1 = 7, and the step is floor(85 / 7) = 12.
    expect(high.every(frequency => frequency.every(q => q % 12 === 0))).toBe(true);
    expect(new Set(texts(high)).size).toBe(high.length);
  });

  it('draws no frequency twice where there are enough', () => {
    const frequencies = periodicFrequencies({ inFeatures: 2, count: 256, maxFrequency: 85, seed: 3 });
    expect(new Set(texts(frequencies)).size).toBe(256);
  });

  it('repeats frequencies where the bounds leave too few', () => {
    const frequencies = periodicFrequencies({ inFeatures: 1, count: 20, maxFrequency: 5, draw: 'distinct', seed: 0 });
    expect(new Set(texts(frequencies))).toEqual(new Set(['1', '2', '3', '4', '5']));
  });

  it('refuses bad options', () => {
    const good = { inFeatures: 2, count: 8, maxFrequency: 9, seed: 0 };
    expect(() => periodicFrequencies({ ...good, inFeatures: 4 })).toThrow('inFeatures must be 1, 2 or 3, got 4');
    expect(() => periodicFrequencies({ ...good, count: 1 })).toThrow('count must be an integer >= 2, got 1');
    expect(() => periodicFrequencies({ ...good, lowFrequency: 10 })).toThrow('at most maxFrequency 9, got 10');
    expect(() => periodicFrequencies({ ...good, lowShare: 2 })).toThrow('lowShare must be a number from 0 to 1, got 2');
    expect(() => periodicFrequencies({ ...good, bound: 2 } as typeof good)).toThrow("unknown option 'bound'");
  });
});

describe('uniformFrequencies', () => {
  it('draws distinct integers from half of the box', () => {
    fc.assert(
      fc.property(sizes, ({ inFeatures, count: wanted, maxFrequency, seed }) => {
        const count = Math.min(wanted, ((2 * maxFrequency + 1) ** inFeatures - 1) / 2);
        const frequencies = uniformFrequencies({ inFeatures, count, maxFrequency, seed });
        expect(new Set(texts(frequencies)).size).toBe(count);
        expect(frequencies.every(frequency => inHalfSpace(frequency) && norm(frequency) <= maxFrequency)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses more frequencies than there are', () => {
    expect(() => uniformFrequencies({ inFeatures: 1, count: 6, maxFrequency: 5, seed: 0 })).toThrow(
      'count must be at most the 5 frequencies up to 5, got 6',
    );
  });
});

describe('spectralFrequencies', () => {
  const n = 64;
  /** sin(2 pi 5 x / 2) + half of sin(2 pi 11 x / 2) over [-1, 1], as a row. */
  const data = Float64Array.from({ length: n }, (_, i) => {
    const x = -1 + (2 * (i + 0.5)) / n;
    return Math.sin(5 * Math.PI * x) + 0.5 * Math.sin(11 * Math.PI * x) + 3;
  });

  it('prefers the frequencies of the signal, in units of 1 / period', () => {
    const found = spectralFrequencies({
      signal: { data, shape: [n] },
      count: 8,
      period: 4,
      maxFrequency: 30,
      seed: 1,
    }).map(([q]) => q as number);
    expect(found[0]).toBe(1);
    // 5 / 2 cycles per unit is the integer 10 at period 4, and 11 / 2 is 22; a Hann window makes lines 4 wide there.
    const near = found.slice(1).filter(q => Math.min(Math.abs(q - 10), Math.abs(q - 22)) <= 3);
    expect(near.length).toBeGreaterThanOrEqual(6);
  });

  it('takes the axes of a picture as they are', () => {
    const rows = {
      data: Float64Array.from({ length: n * n }, (_, i) => data[Math.floor(i / n)] as number),
      shape: [n, n],
    };
    const found = spectralFrequencies({ signal: rows, count: 6, period: 2, maxFrequency: 20, seed: 1 });
    // Only the first coordinate varies; the window widens lines by one.
    expect(found.slice(2).every(([row, column]) => Math.abs(column as number) <= 1 && (row as number) > 1)).toBe(true);
  });

  it('refuses values that are not finite, and a period below the length of the signal', () => {
    const options = { count: 2, period: 4, maxFrequency: 5, seed: 0 };
    expect(() => spectralFrequencies({ signal: { data: [Number.NaN, 1, 2], shape: [3] }, ...options })).toThrow(
      'the signal must have finite values, got NaN at index 0',
    );
    expect(() => spectralFrequencies({ signal: { data, shape: [n] }, ...options, period: 1 })).toThrow(
      'period must be at least 2',
    );
  });
});

describe('bounds on frequencies', () => {
  it('have the published values at 512 samples and the period 4', () => {
    expect(nyquistFrequency({ samples: 512, period: 4 })).toBe(512);
    expect(defaultMaxFrequency({ samples: 512, period: 4 })).toBe(85);
    expect(lowFrequencyOf(85)).toBe(10);
  });
});
