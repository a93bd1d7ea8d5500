/** @file Points near a source: a ball and a Gaussian cloud. */
import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ball } from '../../src/points/ball.ts';
import { gaussianCloud } from '../../src/points/gaussian-cloud.ts';

const FIRST = { step: 1, steps: 1 };
const BOX = [
  [-1, 1],
  [0, 2],
] as const;

/** The Kolmogorov-Smirnov statistic: the largest distance between the empirical and the cumulative distribution. */
const distanceFrom = (numbers: readonly number[], cumulative: (x: number) => number): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return Math.max(...sorted.map((x, i) => Math.abs(cumulative(x) - (i + 0.5) / sorted.length)));
};

/** The statistic is below this with 99.9 % confidence. */
const limit = (n: number): number => 1.95 / Math.sqrt(n);

/** The integral of the standard normal density up to x, by the trapezoidal rule. */
const normalIntegral = (from: number, to: number): number => {
  const steps = 200;
  const at = (i: number): number => Math.exp(-((from + ((to - from) * i) / steps) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let sum = (at(0) + at(steps)) / 2;
  for (let i = 1; i < steps; i++) sum += at(i);
  return (sum * (to - from)) / steps;
};

describe('ball', () => {
  test.each([1, 2, 3])('is uniform in a ball of %i dimensions', d => {
    const n = 3000;
    const centre = Array.from({ length: d }, (_, axis) => axis - 0.5);
    const { coords } = ball(centre, { count: n, radius: 0.2 }).draw(0, n, createRng(1), FIRST);
    const radii = Array.from({ length: n }, (_, i) =>
      Math.hypot(...centre.map((c, axis) => coords[i * d + axis]! - c)),
    );
    expect(distanceFrom(radii, r => Math.min(1, (r / 0.2) ** d))).toBeLessThan(limit(n));
  });

  test('lies in the box, and fills the whole intersection with the ball', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: -2, max: 1, noNaN: true }),
        (x, y, scale) => {
          const radius = 10 ** scale;
          const { coords } = ball([x, y], { count: 64, radius, box: BOX }).draw(0, 64, createRng(2), FIRST);
          for (let i = 0; i < 64; i++) {
            const [px, py] = [coords[2 * i]!, coords[2 * i + 1]!];
            expect(Math.hypot(px - x, py - y)).toBeLessThanOrEqual(radius * (1 + 1e-6) + 1e-6);
            expect(px >= -1 && px <= 1 && py >= 0 && py <= 2).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
    // A ball that contains the box gives the box.
    const { coords } = ball([0, 1], { count: 2000, radius: 9, box: BOX }).draw(0, 2000, createRng(4), FIRST);
    expect(
      distanceFrom(
        [...coords].filter((_, i) => i % 2 === 1),
        y => y / 2,
      ),
    ).toBeLessThan(limit(2000));
  });

  test('rejects invalid options', () => {
    expect(() => ball([], { count: 1, radius: 1 })).toThrow(
      'ball: the centre must be one or more finite numbers, got []',
    );
    expect(() => ball([0], { count: 1, radius: 0 })).toThrow('ball: radius must be a positive number, got 0');
    expect(() => ball([0, 3], { count: 1, radius: 1, box: BOX })).toThrow(
      'ball: the centre must lie in the box [[-1,1],[0,2]], got [0,3]',
    );
    expect(() => ball([0], { count: 1, radius: 1, box: BOX })).toThrow(RangeError);
  });
});

describe('gaussianCloud', () => {
  test.each([
    ['far from the ends', 0.05, 0.9],
    ['near an end', 0.4, 0.1],
    ['wider than the box', 3, 0.3],
  ] as const)('is normal, truncated to the box: %s', (_, deviation, y) => {
    const n = 3000;
    const { coords } = gaussianCloud([0, y], { count: n, deviation, box: BOX }).draw(0, n, createRng(1), FIRST);
    const numbers = [...coords].filter((_, i) => i % 2 === 1);
    const [low, high] = [(0 - y) / deviation, (2 - y) / deviation];
    const [from, to] = [Math.max(low, -9), Math.min(high, 9)];
    const whole = normalIntegral(from, to);
    expect(distanceFrom(numbers, at => normalIntegral(from, (at - y) / deviation) / whole)).toBeLessThan(limit(n));
    expect(numbers.every(at => at >= 0 && at <= 2)).toBe(true);
  });

  test('is unlimited without a box', () => {
    const { coords } = gaussianCloud([5], { count: 3000, deviation: 2 }).draw(0, 3000, createRng(1), FIRST);
    expect(distanceFrom([...coords], at => normalIntegral(-9, (at - 5) / 2))).toBeLessThan(limit(3000));
  });

  test('rejects invalid options', () => {
    expect(() => gaussianCloud([0], { count: 1, deviation: -1 })).toThrow(
      'gaussianCloud: deviation must be a positive number, got -1',
    );
    expect(() => gaussianCloud([0, -1], { count: 1, deviation: 1, box: BOX })).toThrow(
      'gaussianCloud: the centre must lie in the box',
    );
  });
});
