import { createRng } from '@neural-fields/core';
import { expect, test } from 'vitest';
import { wavePoints } from '../src/shared/wave-points.ts';

const stepsOf = { holdSteps: 20, growSteps: 100, end: 0.4 } as const;

/** The points of a step, and which of them lie in the disc. */
const drawStep = (count: number, radius: number, step: number) => {
  const { coords, targets } = wavePoints({ count, radius, ...stepsOf }).draw(0, count, createRng(step), {
    step,
    steps: 120,
  });
  return Array.from({ length: count }, (_, i) => ({
    time: coords[3 * i] as number,
    marked: targets?.['initial']?.[i],
    inDisc: Math.hypot(coords[3 * i + 1] as number, coords[3 * i + 2] as number) <= radius,
  }));
};

// The published size, the quick profile's, and one so small that there is one point of each kind.
test.each([
  [340 ** 2, 0.25, 1000],
  [40 ** 2, 0.7, 160],
  [9, 0.25, 1],
])(
  'of %i points a step with a disc of radius %d, %i at the initial time lie in it and as many anywhere',
  (count, radius, half) => {
    for (const step of count > 10_000 ? [70] : [21, 70, 120]) {
      const points = drawStep(count, radius, step);
      const initial = points.filter(({ time }) => time === 0);
      expect(initial).toHaveLength(2 * half);
      expect(points.every(({ time, marked }) => marked === Number(time === 0))).toBe(true);
      expect(points.slice(-half).every(({ inDisc }) => inDisc)).toBe(true);
      // Of those anywhere, as many as the disc's share of the square: five standard deviations of a binomial
      // distribution.
      const share = (Math.PI * radius ** 2) / 4;
      const others = initial.slice(0, half).filter(({ inDisc }) => inDisc).length;
      expect(Math.abs(others - half * share)).toBeLessThanOrEqual(5 * Math.sqrt(half * share * (1 - share)));
    }
  },
);

test('while the times do not grow yet, all points are at the initial time', () => {
  for (const step of [1, 20])
    expect(drawStep(500, 0.25, step).every(({ time, marked }) => time === 0 && marked === 1)).toBe(true);
});
