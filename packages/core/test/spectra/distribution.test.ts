import { describe, expect, it } from 'vitest';
import { distributionOf } from '../../src/spectra.ts';

describe('distributionOf', () => {
  it('gives moments and a histogram that counts all values', () => {
    const { mean, standardDeviation, minimum, maximum, histogram } = distributionOf(new Float32Array([0, 1, 1, 2]), 4);
    expect([mean, minimum, maximum]).toEqual([1, 0, 2]);
    expect(standardDeviation).toBeCloseTo(Math.SQRT1_2, 12);
    expect(histogram).toEqual({ edges: [0, 0.5, 1, 1.5, 2], counts: [1, 0, 2, 1] });
  });

  it('puts equal values into one bin', () => {
    expect(distributionOf(new Float32Array([3, 3]), 2).histogram.counts).toEqual([2, 0]);
  });

  it('rejects an invalid number of bins', () => {
    expect(() => distributionOf(new Float32Array([1]), 0)).toThrow(
      'distributionOf: bins must be a positive integer, got 0',
    );
  });
});
