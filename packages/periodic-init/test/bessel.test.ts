import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tabulatedJ0 } from '../src/bessel-table.ts';
import { besselJ, besselJs } from '../src/index.ts';
import { besselValues } from './bessel-values.ts';

describe('tabulatedJ0', () => {
  it('agrees with J_0 to 1e-13', () => {
    const tabulated = tabulatedJ0(12);
    fc.assert(
      fc.property(fc.double({ min: -12, max: 12, noNaN: true }), x => {
        expect(Math.abs(tabulated(x) - besselJ(0, x))).toBeLessThan(1e-13);
      }),
    );
    expect(tabulated(12)).toBeCloseTo(besselJ(0, 12), 13);
  });
});

describe('besselJ', () => {
  it('agrees with values of 40 digits to 1e-12, and to 1e-13 for |x| up to 100', () => {
    for (const [n, x, value] of besselValues)
      expect(Math.abs(besselJ(n, x) - value), `J_${n}(${x})`).toBeLessThan(x <= 100 ? 1e-13 : 1e-12);
  });

  it('keeps the relative accuracy of small values beyond the turning point', () => {
    for (const [n, x, value] of besselValues)
      if (n > x + 1 && x <= 100) expect(besselJ(n, x) / value, `J_${n}(${x})`).toBeCloseTo(1, 11);
  });

  it('has the symmetries of integer orders', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.double({ min: -40, max: 40, noNaN: true }), (n, x) => {
        const sign = n % 2 === 0 ? 1 : -1;
        expect(besselJ(-n, x)).toBeCloseTo(sign * besselJ(n, x), 15);
        expect(besselJ(n, -x)).toBeCloseTo(sign * besselJ(n, x), 15);
      }),
    );
  });

  it('satisfies J_(n-1) + J_(n+1) = (2 n / x) J_n, and the squares sum to 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 60, noNaN: true }), x => {
        const values = besselJs(140, x);
        const at = (n: number): number => values[n] as number;
        for (let n = 1; n < 20; n++) {
          const right = ((2 * n) / x) * at(n);
          expect(Math.abs(at(n - 1) + at(n + 1) - right)).toBeLessThan(1e-12 * Math.max(1, Math.abs((2 * n) / x)));
        }
        const energy = values.reduce((sum, value, n) => sum + (n === 0 ? 1 : 2) * value ** 2, 0);
        expect(energy).toBeCloseTo(1, 12);
      }),
    );
  });

  it('is exact at 0, and 0 where float64 has no smaller number', () => {
    expect(Array.from(besselJs(3, 0))).toEqual([1, 0, 0, 0]);
    expect(besselJ(1000, 0.1)).toBe(0);
    expect(besselJ(900_000, 1)).toBe(0);
  });

  it('refuses orders and arguments out of range', () => {
    expect(() => besselJ(0.5, 1)).toThrow('besselJ: n must be an integer in [-1000000, 1000000], got 0.5');
    expect(() => besselJ(0, Number.NaN)).toThrow('besselJ: x must be a number in [-100000, 100000], got NaN');
    expect(() => besselJs(-1, 1)).toThrow(RangeError);
  });
});
