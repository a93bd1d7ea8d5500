import { describe, expect, it } from 'vitest';
import { expectClose, expectCloseInNorm, relativeError } from '../src/tolerance.ts';

describe('expectClose', () => {
  it('allows absolute + relative |e| for each element', () => {
    expectClose([1.009, 0.0005], [1, 0], { relative: 0.01, absolute: 0.001 });
    expect(() => expectClose([100, 0.02], [100, 0.01], { relative: 0.5 }, 'loss')).toThrow(
      /loss\[1\]: wanted 0\.01, got 0\.02/,
    );
  });

  it('shows the worst element, not the first', () => {
    expect(() => expectClose([2, 5, 3], [1, 1, 1], {})).toThrow(/\[1\]: wanted 1, got 5, off by 4/);
  });

  it('rejects unexpected NaNs and infinities, and other lengths', () => {
    expect(() => expectClose([Number.NaN], [1], { absolute: 1e9 })).toThrow('got NaN');
    expect(() => expectClose([Infinity], [1], { absolute: 1e9 })).toThrow('got Infinity');
    expect(() => expectClose([1], [Infinity], { relative: 1 })).toThrow('wanted Infinity');
    expect(() => expectClose([1, 2], [1], {})).toThrow('wanted 1 values, got 2');
    expectClose([Infinity, Number.NaN], [Infinity, Number.NaN], {});
  });

  it('accepts empty arrays', () => expectClose([], [], {}));
});

describe('expectCloseInNorm', () => {
  it('is relative to the largest element', () => {
    expectCloseInNorm([100, 0.5], [100, 0], { relative: 0.01 });
    expect(() => expectCloseInNorm([100, 1.5], [100, 0], { relative: 0.01 })).toThrow(/\[1\]: wanted 0, got 1\.5/);
  });
});

describe('relativeError', () => {
  it('is the largest difference over the largest magnitude', () => {
    expect(relativeError([1, 4.5], [1, 5])).toBeCloseTo(0.1, 12);
    expect(relativeError([Number.NaN], [1])).toBeNaN();
    expect(relativeError([1], [1, 2])).toBeNaN();
    expect(relativeError([], [])).toBe(0);
  });
});
