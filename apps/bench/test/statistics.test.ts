import { expect, test } from 'vitest';
import { matrixOperations } from '../src/speed/matrix-work.ts';
import { median, relativeDistance, timesOf } from '../src/speed/statistics.ts';

test.each([
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %f', (values, expected) => {
  expect(median(values)).toBe(expected);
  expect(timesOf(values)).toEqual({
    median: expected,
    lowest: Math.min(...values),
    highest: Math.max(...values),
    rounds: values,
  });
});

test('distances are relative to the second vector', () => {
  expect(relativeDistance([3, 4], [3, 4])).toBe(0);
  expect(relativeDistance([3, 9], [3, 4])).toBe(1);
  expect(relativeDistance([Number.NaN, 4], [3, 4])).toBeNaN();
  expect(relativeDistance([3], [3, 4])).toBe(Number.POSITIVE_INFINITY);
});

test('products are counted by hand for a layer sizes of 2-8-8-8-8-1', () => {
  const weights = 2 * 8 + 3 * 64 + 8;
  const at = (supervision: 'value' | 'gradient' | 'laplacian'): number =>
    matrixOperations({ supervision, width: 8, points: 10 }, 1);
  expect(at('value')).toBe(2 * 10 * weights * 3);
  expect(at('gradient')).toBe(2 * 10 * weights * 6);
  expect(at('laplacian')).toBe(2 * 10 * weights * 12);
  expect(matrixOperations({ supervision: 'value', width: 8, points: 10 }, 2)).toBe(2 * 10 * weights * 4);
});
