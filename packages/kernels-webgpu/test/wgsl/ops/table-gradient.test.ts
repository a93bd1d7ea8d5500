import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedPoint, tableSumsLength } from '../../../src/wgsl/ops/table-gradient.ts';

describe('fixed-point sums', () => {
  it('cannot overflow, and keep 23 bits relative to the largest contribution', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 27 }), count => {
        const { bits, limbs } = fixedPoint(count);
        // Units of the limbs, where all contributions are below 1; a limb takes the remainder of the previous one.
        let [largest, unit] = [1, 2 ** (bits - 30)];
        for (let limb = 0; limb < limbs; limb++) {
          expect(count * (largest / unit + 0.5)).toBeLessThan(2 ** 31);
          [largest, unit] = [unit / 2, unit * 2 ** (bits - 31)];
        }
        expect(largest).toBeLessThanOrEqual(2 ** -24);
      }),
    );
  });

  it('use as few integers as possible', () => {
    expect([1, 2 ** 7, 2 ** 8, 2 ** 19, 2 ** 20].map(count => fixedPoint(count).limbs)).toEqual([1, 1, 2, 2, 3]);
    expect(tableSumsLength(10, fixedPoint(2 ** 12))).toBe(21);
  });
});
