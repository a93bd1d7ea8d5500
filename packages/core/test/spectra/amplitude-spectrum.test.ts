import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amplitudeSpectrum } from '../../src/spectra/amplitude-spectrum.ts';
import { radialSpectrum } from '../../src/spectra/radial-spectrum.ts';
import { hannWindow, rectangularWindow } from '../../src/spectra/window.ts';

const sample = (length: number, f: (n: number) => number): Float64Array =>
  Float64Array.from({ length }, (_, n) => f(n));

describe('amplitudeSpectrum', () => {
  it('has the frequencies in cycles per unit, with 0 in the middle', () => {
    expect([
      ...(amplitudeSpectrum({ data: new Float64Array(4), shape: [4] }, { spacing: 0.5 }).frequencies[0] ?? []),
    ]).toEqual([-1, -0.5, 0, 0.5]);
    expect([
      ...(amplitudeSpectrum({ data: new Float64Array(5), shape: [5] }, { spacing: 0.2 }).frequencies[0] ?? []),
    ]).toEqual([-2, -1, 0, 1, 2]);
    const { frequencies } = amplitudeSpectrum({ data: new Float64Array(6), shape: [2, 3] }, { spacing: [1, 2] });
    expect(frequencies.map(axis => [...axis])).toEqual([
      [-0.5, 0],
      [-1 / 6, 0, 1 / 6],
    ]);
  });

  it('finds offset, amplitude and frequency of a wave, with and without a window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 60 }),
        fc.double({ min: 0.01, max: 10, noNaN: true }),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (length, spacing, amplitude, phase) => {
          const k = 4; // beyond the reach of the Hann window's three lines around 0
          const data = sample(length, n => 3 + amplitude * Math.cos((2 * Math.PI * k * n) / length + phase));
          for (const window of [rectangularWindow, hannWindow]) {
            const { amplitudes, frequencies } = amplitudeSpectrum({ data, shape: [length] }, { spacing, window });
            const middle = Math.floor(length / 2);
            expect(amplitudes[middle]).toBeCloseTo(3, 10);
            expect(amplitudes[middle + k]).toBeCloseTo(amplitude / 2, 10);
            expect(amplitudes[middle - k]).toBeCloseTo(amplitude / 2, 10);
            expect(frequencies[0]?.[middle + k]).toBeCloseTo(k / (length * spacing), 10);
          }
        },
      ),
    );
  });

  it('has a plane wave at its two frequencies, rows before columns', () => {
    const [height, width] = [8, 12];
    const data = sample(height * width, i => {
      const [y, x] = [Math.floor(i / width), i % width];
      return Math.cos(2 * Math.PI * ((2 * y) / height + (3 * x) / width));
    });
    const { amplitudes } = amplitudeSpectrum({ data, shape: [height, width] });
    amplitudes.forEach((value, i) => {
      const [ky, kx] = [Math.floor(i / width) - height / 2, (i % width) - width / 2];
      expect(value).toBeCloseTo((ky === 2 && kx === 3) || (ky === -2 && kx === -3) ? 0.5 : 0, 12);
    });
  });

  it('has less leakage far from the frequency of a cut-off wave with the Hann window', () => {
    const data = sample(64, n => Math.cos(2 * Math.PI * 0.1234 * n));
    const far = (window: typeof hannWindow): number =>
      amplitudeSpectrum({ data, shape: [64] }, { window }).amplitudes[62] as number;
    expect(far(hannWindow)).toBeLessThan(0.02 * far(rectangularWindow));
  });

  it('supports strides and an offset, as in ndarray views', () => {
    const data = [9, 1, 4, 2, 5, 3, 6]; // the transpose of [[1, 4], [2, 5], [3, 6]], after one value
    const view = amplitudeSpectrum({ data, shape: [2, 3], stride: [1, 2], offset: 1 });
    expect([...view.amplitudes]).toEqual([
      ...amplitudeSpectrum({ data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }).amplitudes,
    ]);
  });

  it('rejects invalid arguments', () => {
    const data = [1, 2, 3];
    expect(() => amplitudeSpectrum({ data, shape: [4] })).toThrow(/finite values, got undefined at index 3/);
    expect(() => amplitudeSpectrum({ data: [1, Number.NaN], shape: [2] })).toThrow(RangeError);
    expect(() => amplitudeSpectrum({ data, shape: [0] })).toThrow(/shape must be/);
    expect(() => amplitudeSpectrum({ data, shape: [3] }, { spacing: 0 })).toThrow(/spacing must be/);
    expect(() => amplitudeSpectrum({ data, shape: [3] }, { spacing: [1, 1] })).toThrow(/spacing must be/);
    expect(() => amplitudeSpectrum({ data: [1], shape: [1] }, { window: hannWindow })).toThrow(/must not sum to 0/);
  });
});

describe('radialSpectrum', () => {
  it('is the mean over each ring, checked ring by ring', () => {
    const [height, width] = [6, 9];
    const data = sample(height * width, i => Math.sin(i * i));
    const spectrum = amplitudeSpectrum({ data, shape: [height, width] }, { spacing: [0.1, 0.2] });
    const { frequencies, amplitudes } = radialSpectrum(spectrum);
    const ringWidth = 1 / (6 * 0.1); // the larger step; the columns' is 1 / (9 * 0.2)
    expect(frequencies.length).toBe(2); // the columns end at 4 / (9 * 0.2) = 2.2, before 2 ringWidth = 3.3
    expect(frequencies[1]).toBeCloseTo(ringWidth, 12);
    frequencies.forEach((radius, ring) => {
      const inside = [...spectrum.amplitudes].filter((_, i) => {
        const fy = (Math.floor(i / width) - 3) / (6 * 0.1);
        const fx = ((i % width) - 4) / (9 * 0.2);
        return Math.abs(Math.hypot(fy, fx) - radius) < ringWidth / 2;
      });
      expect(inside.length).toBeGreaterThan(0);
      expect(amplitudes[ring]).toBeCloseTo(inside.reduce((sum, value) => sum + value, 0) / inside.length, 12);
    });
  });

  it('shows a wave in the ring of its frequency, in any direction', () => {
    const size = 32;
    for (const [ky, kx] of [
      [0, 5],
      [5, 0],
      [3, 4],
      [-4, 3],
    ] as const) {
      const data = sample(size * size, i =>
        Math.cos((2 * Math.PI * (ky * Math.floor(i / size) + kx * (i % size))) / size),
      );
      const { amplitudes, frequencies } = radialSpectrum(
        amplitudeSpectrum({ data, shape: [size, size] }, { spacing: 1 / size }),
      );
      expect(frequencies.length).toBe(size / 2 + 1);
      amplitudes.forEach((value, ring) => {
        if (ring === 5) expect(value).toBeGreaterThan(0.01);
        else expect(value).toBeLessThan(1e-12);
      });
    }
  });

  it('is the mean of both signs for one axis, and supports a ring width', () => {
    const spectrum = amplitudeSpectrum({ data: [1, 5, 2, 8, 3, 3], shape: [6] });
    const [, , , a = 0, b = 0] = [...spectrum.amplitudes];
    const { amplitudes } = radialSpectrum(spectrum);
    expect(amplitudes[0]).toBe(a);
    expect(amplitudes[1]).toBeCloseTo(b, 14); // a real signal: equal at f and -f
    expect(amplitudes[3]).toBe(spectrum.amplitudes[0]); // -1/2, the Nyquist frequency, has no counterpart
    expect([...radialSpectrum(spectrum, { ringWidth: 10 }).amplitudes]).toHaveLength(1);
    expect(() => radialSpectrum(spectrum, { ringWidth: 0 })).toThrow(
      RangeError('radialSpectrum: ringWidth must be a positive number, got 0'),
    );
    expect([...radialSpectrum(amplitudeSpectrum({ data: [7], shape: [1] })).amplitudes]).toEqual([7]);
  });
});
