import { expect, test } from 'vitest';
import { formatMean, meanAndDeviation, winsOf } from '../src/shared/paired-statistics.ts';

test('means have the deviation of a sample, and ties are no wins', () => {
  expect(meanAndDeviation([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(meanAndDeviation([7])).toEqual({ mean: 7, deviation: 0 });
  expect(formatMean([1, 2])).toBe('1.50 +- 0.71');
  expect(winsOf([1, 2, 3], [0, 2, 4])).toBe(1);
});
