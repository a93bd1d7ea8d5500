import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { meanSquaredError } from '../../src/metrics/mean-squared-error.ts';
import { psnr } from '../../src/metrics/psnr.ts';
import { snr } from '../../src/metrics/snr.ts';
import { type SsimOptions, ssim } from '../../src/metrics/ssim.ts';
import { golden, toArray } from '../golden/golden.ts';

const { results } = golden.metrics;
const [a, b] = [toArray(golden.metrics.a), toArray(golden.metrics.b)];
const grey = (image: typeof a) => image.pick(null, null, 0);
const line = (...values: number[]) => ndarray(Float64Array.from(values), [values.length]);

describe('agree with scikit-image', () => {
  test('meanSquaredError and psnr', () => {
    expect(meanSquaredError(a, b)).toBeCloseTo(results['mse']!, 12);
    expect(psnr(a, b)).toBeCloseTo(results['psnr']!, 9);
    const doubled = (image: typeof a) =>
      ndarray(
        Float64Array.from(image.data, v => 2 * v - 1),
        image.shape,
      );
    expect(psnr(doubled(a), doubled(b), { dataRange: 2 })).toBeCloseTo(results['psnrRange2']!, 9);
  });

  test.each<[string, SsimOptions]>([
    ['ssimColour', {}],
    ['ssimWindow11', { windowSize: 11 }],
    ['ssimPopulation', { covariance: 'population' }],
    ['ssimPaper', { window: 'gaussian', covariance: 'population' }],
    ['ssimGaussianSample', { window: 'gaussian' }],
    ['ssimGaussianSigma1', { window: 'gaussian', sigma: 1 }],
  ])('%s', (name, options) => {
    expect(ssim(a, b, options)).toBeCloseTo(results[name]!, 9);
  });

  test('ssim of one channel, with and without the channel axis', () => {
    expect(ssim(grey(a), grey(b))).toBeCloseTo(results['ssimGrey']!, 9);
    expect(ssim(a.hi(17, 21, 1), b.hi(17, 21, 1))).toBeCloseTo(results['ssimGrey']!, 9);
    expect(ssim(grey(a), grey(b), { window: 'gaussian', covariance: 'population' })).toBeCloseTo(
      results['ssimPaperGrey']!,
      9,
    );
  });

  test('ssim of bytes', () => {
    const bytes = (image: typeof a) =>
      ndarray(
        Float64Array.from(image.data, v => 255 * v),
        image.shape,
      );
    expect(ssim(bytes(a), bytes(b), { dataRange: 255 })).toBeCloseTo(results['ssimRange255']!, 9);
  });
});

describe('closed forms', () => {
  test('meanSquaredError and psnr', () => {
    expect(meanSquaredError(line(1, 2, 3), line(1, 4, 0))).toBeCloseTo(13 / 3, 14);
    expect(psnr(line(0, 0), line(0.1, -0.1))).toBeCloseTo(20, 12);
    expect(psnr(line(1, 2), line(1, 2))).toBe(Number.POSITIVE_INFINITY);
  });

  test('snr', () => {
    expect(snr(line(3, 4), line(3, 4.5))).toBeCloseTo(20, 12);
    expect(snr(line(1, 2), line(1, 2))).toBe(Number.POSITIVE_INFINITY);
    expect(snr(line(0, 0), line(1, 0))).toBe(Number.NEGATIVE_INFINITY);
  });

  test('ssim is 1 for equal images, symmetric, and lowest for the negative', () => {
    expect(ssim(a, a)).toBeCloseTo(1, 12);
    expect(ssim(a, b)).toBe(ssim(b, a));
    const negative = ndarray(
      Float32Array.from(a.data, v => 1 - v),
      a.shape,
    );
    expect(ssim(a, negative)).toBeLessThan(0);
  });

  test('psnr depends on the data range', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), scale => {
        const scaled = (image: typeof a) =>
          ndarray(
            Float64Array.from(image.data, v => scale * v),
            image.shape,
          );
        expect(psnr(scaled(a), scaled(b), { dataRange: scale })).toBeCloseTo(psnr(a, b), 8);
      }),
      { numRuns: 20 },
    );
  });
});

test('errors', () => {
  expect(() => meanSquaredError(line(1), line(1, 2))).toThrow(
    'meanSquaredError: both arrays must have the same shape, got [1] and [2]',
  );
  expect(() => meanSquaredError(line(), line())).toThrow('must not be empty, got [0]');
  expect(() => psnr(a, b, { dataRange: 0 })).toThrow('psnr: dataRange must be a positive number, got 0');
  expect(() => ssim(a, b, { windowSize: 8 })).toThrow('windowSize must be an odd integer of at least 3, got 8');
  expect(() => ssim(a, b, { windowSize: 19 })).toThrow('at least as large as the window of 19, got [17, 21, 3]');
  expect(() => ssim(a, b, { window: 'gaussian', sigma: 0 })).toThrow('sigma must be a positive number, got 0');
  expect(() => ssim(line(1), line(1))).toThrow('[height, width] or [height, width, channels], got [1]');
});
