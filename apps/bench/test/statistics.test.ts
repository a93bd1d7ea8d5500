import { expect, test } from 'vitest';
import { productsOf } from '../src/peers/products.ts';
import { supervisions } from '../src/protocol.ts';
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
  expect(matrixOperations({ width: 8, points: 10 }, 3)).toBe(2 * 10 * weights * 3);
  const fused = { gradientWay: 'jets', forwardPasses: 1 } as const;
  // One row forward and two in reverse; three rows; four rows.
  expect(supervisions.map(supervision => productsOf(supervision, fused))).toEqual([3, 9, 12]);
  // The gradient by adjoints has a forward and a reverse row.
  expect(supervisions.map(supervision => productsOf(supervision, { ...fused, gradientWay: 'adjoints' }))).toEqual([
    3, 6, 12,
  ]);
  expect(productsOf('value', { ...fused, forwardPasses: 2 })).toBe(4);
});
