import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedPoint, tableSumsLength } from '../../../src/wgsl/ops/table-gradient.ts';

describe('fixed-point sums', () => {
  it('cannot overflow, and keep 23 bits behind the largest number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 27 }), count => {
        const { bits, limbs } = fixedPoint(count);
        // Units of the limbs, where all numbers are below 1; a limb gets what the one before left over.
        let [largest, unit] = [1, 2 ** (bits - 30)];
        for (let limb = 0; limb < limbs; limb++) {
          expect(count * (largest / unit + 0.5)).toBeLessThan(2 ** 31);
          [largest, unit] = [unit / 2, unit * 2 ** (bits - 31)];
        }
        expect(largest).toBeLessThanOrEqual(2 ** -24);
      }),
    );
  });

  it('take as few integers as that needs', () => {
    expect([1, 2 ** 7, 2 ** 8, 2 ** 19, 2 ** 20].map(count => fixedPoint(count).limbs)).toEqual([1, 1, 2, 2, 3]);
    expect(tableSumsLength(10, fixedPoint(2 ** 12))).toBe(21);
  });
});
