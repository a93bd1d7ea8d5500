import { expect, it } from 'vitest';
import { columnTargets } from '../../../src/wgsl/ops/columns.ts';

it('lists the starts of all lists, followed by the target columns of each feature', () => {
  // Feature 0 was copied to columns 1 and 3, feature 1 to none, feature 2 to columns 0 and 2.
  expect([...columnTargets([2, 0, 2, 0], 3)]).toEqual([4, 6, 6, 8, 1, 3, 0, 2]);
});
