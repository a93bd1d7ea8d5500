import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ball } from '../../src/points/ball.ts';
import { uniform } from '../../src/points/uniform.ts';
import { union } from '../../src/points/union.ts';
import { withTime } from '../../src/points/with-time.ts';

const BOX = [
  [-1, 1],
  [-1, 1],
] as const;

/** Held for 20 steps, then growing to 0.4 over 100 steps, like `timeCurriculum` of the losses. */
const interval = (step: number): readonly [number, number] => [0, 0.4 * Math.min(1, Math.max(0, step - 20) / 100)];

describe('withTime', () => {
  test('prepends times from the interval of the step, and keeps the last points at the initial time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 90 }), (step, initialCount) => {
        const space = union({ plane: uniform(BOX, { count: 60 }), source: ball([0, 0], { count: 30, radius: 0.25 }) });
        const at = { step, steps: 200 };
        const { coords, targets } = withTime(space, { interval, initialCount }).draw(0, 90, createRng(1), at);
        const [, to] = interval(step);
        const places = space.draw(0, 90, createRng(1), at);
        for (let point = 0; point < 90; point++) {
          const time = coords[3 * point]!;
          expect(time).toBeGreaterThanOrEqual(0);
          expect(time).toBeLessThanOrEqual(Math.fround(to));
          if (point >= 90 - initialCount) expect(time).toBe(0);
          expect(targets!['initial']![point]).toBe(Number(time === 0));
          expect([...coords.subarray(3 * point + 1, 3 * point + 3)]).toEqual([
            ...places.coords.subarray(2 * point, 2 * point + 2),
          ]);
        }
        expect(targets!['source']).toEqual(places.targets!['source']);
      }),
      { numRuns: 30 },
    );
  });

  test('is uniform on the interval', () => {
    const n = 4000;
    const { coords } = withTime(uniform(BOX, { count: n }), { interval }).draw(0, n, createRng(1), {
      step: 70,
      steps: 100,
    });
    const times = Float64Array.from(coords.filter((_, i) => i % 3 === 0)).sort();
    // Kolmogorov-Smirnov test, 99.9 % confidence.
    const distance = Math.max(...times.map((time, i) => Math.abs(time / 0.2 - (i + 0.5) / n)));
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
  });

  test('depends on the step alone', () => {
    const points = withTime(uniform(BOX, { count: 5 }), { interval });
    const timesAt = (step: number): number[] =>
      [...points.draw(0, 5, createRng(1), { step, steps: 200 }).coords].filter((_, i) => i % 3 === 0);
    expect(timesAt(20)).toEqual([0, 0, 0, 0, 0]);
    expect(timesAt(120).map(time => Math.fround(time / 2))).toEqual(timesAt(70));
  });

  test('rejects invalid options', () => {
    const space = uniform(BOX, { count: 5 });
    expect(() => withTime(space, { interval, initialCount: 6 })).toThrow(
      'withTime: initialCount must be an integer from 0 to 5, got 6',
    );
    const backwards = withTime(space, { interval: () => [1, 0] });
    expect(() => backwards.draw(0, 5, createRng(1), { step: 3, steps: 3 })).toThrow(
      'withTime: interval must be [from, to] with from <= to, got [1, 0] at step 3',
    );
    const twice = withTime(withTime(space, { interval }), { interval });
    expect(() => twice.draw(0, 5, createRng(1), { step: 3, steps: 3 })).toThrow(
      "withTime: the points already have a target 'initial'",
    );
  });
});
