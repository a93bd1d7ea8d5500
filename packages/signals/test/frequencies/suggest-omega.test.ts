import { createRng } from '@neural-fields/core';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { denseArray, gridCoordinates, suggestOmega } from '../../src/index.ts';

/** A wave of given angular frequencies along the axes. */
const wave = (shape: readonly number[], frequencies: readonly number[], options = {}) => {
  const coords = gridCoordinates(shape, options);
  const n = shape.length;
  const values = Float32Array.from({ length: coords.length / n }, (_, i) =>
    Math.cos(frequencies.reduce((phase, frequency, axis) => phase + frequency * coords[n * i + axis]!, 0.3)),
  );
  return denseArray(values, [...shape, 1]);
};

describe('the frequencies of a signal', () => {
  test.each([
    ['of a sound', [4000], [60 * Math.PI], {}],
    ['of an image', [200, 300], [6 * Math.PI, 8 * Math.PI], { convention: 'pixel-centred' }],
    [
      'of a volume, on other spans',
      [40, 50, 60],
      [Math.PI, 0, Math.PI],
      {
        spans: [
          [-2, 2],
          [-1, 1],
          [0, 4],
        ],
      },
    ],
  ] as const)('%s are those of its wave', (_, shape, frequencies, options) => {
    const { rms, omega0, limit } = suggestOmega(wave(shape, frequencies, options), options as object);
    const length = Math.hypot(...frequencies);
    expect(rms / length).toBeGreaterThan(0.96);
    expect(rms / length).toBeLessThan(1.01);
    expect(limit).toBe('signal');
    expect(omega0).toBeCloseTo(Math.sqrt(3 * shape.length) * rms, 9);
  });

  test('are the same whatever the scale, the mean, the strides and the number of equal channels', () => {
    const { data, shape } = wave([30, 40], [9, 4]);
    const [height, width] = shape as [number, number];
    const { rms } = suggestOmega(denseArray(data, [height, width, 1]));
    const three = Float32Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!);
    expect(suggestOmega(denseArray(three, [height, width, 3])).rms).toBeCloseTo(rms, 6);
    const scaled = Float64Array.from(data, value => 1000 + 7 * value);
    expect(suggestOmega(ndarray(scaled, [height, width, 1])).rms).toBeCloseTo(rms, 6);
    const turned = ndarray(data, [width, height, 1], [1, width, 1]);
    expect(suggestOmega(turned).rms).toBeCloseTo(rms, 9);
  });

  test('are limited by the distance of the samples', () => {
    const rng = createRng(1);
    const noise = denseArray(
      Float32Array.from({ length: 64 * 64 }, () => rng.normal()),
      [64, 64, 1],
    );
    const { omega0, nyquist, limit } = suggestOmega(noise, { convention: 'pixel-centred' });
    expect(nyquist).toBeCloseTo(Math.PI * 32, 9);
    expect(limit).toBe('sampling');
    expect(omega0).toBeCloseTo(Math.sqrt(6) * 0.12 * nyquist, 9);
  });

  test('a constant signal gets a small factor, an axis of one sample is ignored', () => {
    expect(suggestOmega(denseArray(new Float32Array(10).fill(3), [10, 1]))).toMatchObject({ omega0: 1, rms: 0 });
    const line = wave([50], [9]);
    const flat = suggestOmega(denseArray(line.data, [1, 50, 1]));
    expect(flat.rms).toBeCloseTo(suggestOmega(line).rms, 9);
  });

  test('what is no signal is refused', () => {
    expect(() => suggestOmega(denseArray(new Float32Array(1), [1, 1]))).toThrow(
      'suggestOmega: the signal must be [...grid, channels] with at least two samples, got [1, 1]',
    );
    expect(() => suggestOmega(denseArray(Float32Array.of(1, Number.NaN), [2, 1]))).toThrow(RangeError);
    expect(() => suggestOmega(denseArray(new Float32Array(4), [4, 1]), { span: 1 } as object)).toThrow(TypeError);
  });
});
