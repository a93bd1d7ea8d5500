import { describe, expect, it } from 'vitest';
import { constant, cosine, exponential, type Schedule, stepDecay, warmup, warmupStableDecay } from '../../src/index.ts';

const factors = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: steps }, (_, i) => schedule.factor(i + 1, steps));

describe('schedules', () => {
  it('have their closed forms', () => {
    expect(factors(constant(), 3)).toEqual([1, 1, 1]);
    expect(factors(cosine(0.2), 3).map(f => +f.toFixed(12))).toEqual([1, 0.6, 0.2]);
    expect(factors(exponential(0.01), 3).map(f => +f.toFixed(12))).toEqual([1, 0.1, 0.01]);
    expect(factors(stepDecay(2, 0.5), 5)).toEqual([1, 1, 0.5, 0.5, 0.25]);
    expect(factors(warmup(2, stepDecay(3, 0.5)), 5)).toEqual([0.5, 1, 1, 0.5, 0.5]);
  });

  it('warm up, stay and decay', () => {
    const schedule = warmupStableDecay({ warmup: 2, decay: 0.4, final: 0.2 });
    const expected = [0.5, 1, 1, 1, 1, 1, 1, 1 - 0.8 * Math.sqrt(1 / 4), 1 - 0.8 * Math.sqrt(1 / 2)];
    expect(factors(schedule, 11).slice(0, 6)).toEqual(expected.slice(0, 6));
    for (const [index, factor] of factors(schedule, 11).entries())
      expect(factor).toBeCloseTo([...expected, 1 - 0.8 * Math.sqrt(3 / 4), 0.2][index] as number, 12);
    expect(factors(warmupStableDecay({ decay: 0 }), 3)).toEqual([1, 1, 1]);
    expect(factors(warmupStableDecay(), 6).at(-1)).toBe(0);
  });

  it('begin at 1 even in a run of a single step', () => {
    for (const schedule of [cosine(), exponential(0.5), warmupStableDecay()]) expect(schedule.factor(1, 1)).toBe(1);
  });

  it('describe all of their parameters, and the length of the run if they depend on it', () => {
    expect(cosine(0.1).describe(10)).not.toBe(cosine(0.1).describe(11));
    expect(stepDecay(2, 0.5).describe(10)).toBe(stepDecay(2, 0.5).describe(11));
    expect(warmup(3, cosine()).describe(5)).toContain('cosine');
  });

  it('reject parameters outside of their range', () => {
    for (const make of [
      () => cosine(2),
      () => exponential(0),
      () => stepDecay(0, 0.5),
      () => stepDecay(1, 0),
      () => warmup(0),
      () => warmupStableDecay({ decay: 1.1 }),
      () => warmupStableDecay({ warmup: 0.5 }),
      () => warmupStableDecay({ final: -1 }),
    ])
      expect(make).toThrow(RangeError);
  });
});
