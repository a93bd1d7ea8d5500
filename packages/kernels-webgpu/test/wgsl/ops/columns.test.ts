import { expect, it } from 'vitest';
import { placesOfColumns } from '../../../src/wgsl/ops/columns.ts';

it('lists the places of each feature behind where its list begins', () => {
  // Feature 0 was picked for places 1 and 3, feature 1 for none, feature 2 for places 0 and 2.
  expect([...placesOfColumns([2, 0, 2, 0], 3)]).toEqual([4, 6, 6, 8, 1, 3, 0, 2]);
});
