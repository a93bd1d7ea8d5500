import { createField, parameterLayout } from '@neural-fields/core';
import { distributionOf } from '@neural-fields/core/spectra';
import ndarray from 'ndarray';
import '@tensorflow/tfjs-backend-cpu';
import { playPrelude } from '@neural-fields/app-kit/music';
import { describe, expect, test } from 'vitest';
import { distanceFromNormal, expectedVariance } from '../src/experiments/siren-initialisation.ts';
import { checkCells, formatNumber, tableCells, tableLines } from '../src/frame/cells.ts';
import { verdictOf, within } from '../src/frame/findings.ts';
import { leadCheck } from '../src/shared/compare.ts';
import { picturePsnr, rangePsnr } from '../src/shared/decibels.ts';
import { networkExtensions, networkSpec } from '../src/shared/networks.ts';
import { fittedScale, pictureDerivatives, reconstruct } from '../src/shared/poisson.ts';

describe('checks', () => {
  test('bounds are met from one end to the other, and never by what is not a number', () => {
    const check = { what: 'a', unit: '' };
    expect(verdictOf({ ...check, obtained: 1 })).toBe('shown');
    expect(verdictOf({ ...check, obtained: 1, atLeast: 1 })).toBe('met');
    expect(verdictOf({ ...check, obtained: 1, atMost: 0.9 })).toBe('missed');
    expect(verdictOf({ ...check, obtained: Number.NaN, atLeast: 1 })).toBe('missed');
    expect(within(10, 2)).toEqual({ measured: 10, atLeast: 8, atMost: 12 });
  });

  test('a lead is over the best of the others', () => {
    const numbers = { SIREN: 30, tanh: 10, ReLU: 22 };
    const [check] = leadCheck({ what: 'PSNR', unit: 'dB', numbers, leader: 'SIREN', atLeast: 5 });
    expect(check).toMatchObject({ obtained: 8, atLeast: 5, what: 'PSNR: SIREN ahead of the best other, ReLU' });
    expect(leadCheck({ what: 'PSNR', unit: 'dB', numbers: { SIREN: 30 }, leader: 'SIREN' })).toEqual([]);
    expect(leadCheck({ what: 'PSNR', unit: 'dB', numbers: { tanh: 30 }, leader: 'SIREN' })).toEqual([]);
  });

  test('tables are lined up, and small numbers keep their digits', () => {
    const { header, rows } = checkCells([
      { what: 'error', unit: '', obtained: 0.5, published: 1.1e-5 },
      { what: 'PSNR', unit: 'dB', obtained: 30, atLeast: 29.5 },
    ]);
    expect(header).toEqual(['number', 'paper', 'expected', 'obtained', '']);
    expect(rows).toEqual([
      ['error', '1.10e-5', '', '5.00e-1', ''],
      ['PSNR (dB)', '', '>= 29.50', '30.00', 'as expected'],
    ]);
    const table = {
      title: 't',
      corner: 'c',
      columns: ['x'],
      rows: [
        { name: 'long name', cells: [1] },
        { name: 'b', cells: [undefined] },
      ],
    };
    expect(tableLines(tableCells(table))).toEqual(['c             x', 'long name  1.00', 'b']);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(number => formatNumber(number, 2))).toEqual([
      'not a number',
      'infinite',
    ]);
  });
});

describe('decibels', () => {
  test('a picture in [-1, 1] is clipped and has the range 2', () => {
    expect(picturePsnr([0.5, -0.5], [0.7, -0.3])).toBeCloseTo(20, 6);
    expect(picturePsnr([1.5, -9], [1, -1])).toBe(Number.POSITIVE_INFINITY);
  });

  test('anything else is relative to the range of its target', () => {
    expect(rangePsnr([0, 10.1], [0, 10])).toBeCloseTo(10 * Math.log10(100 / (0.01 / 2)), 6);
    expect(rangePsnr([0, -3.9], [0, -4])).toBeCloseTo(rangePsnr([0, 3.9], [0, 4]), 9);
  });
});

describe("Poisson's equation", () => {
  const [width, height] = [7, 5];
  /** 0.2 + 0.1 x - 0.05 y + 0.15 x^2 as a picture in [0, 1], x and y in [-1, 1]. */
  const image = ndarray(
    Float32Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [-1 + (2 * (i % width)) / (width - 1), -1 + (2 * Math.floor(i / width)) / (height - 1)];
      return 0.2 + 0.1 * x - 0.05 * y + 0.15 * x * x;
    }),
    [height, width, 1],
  );
  const truth = pictureDerivatives({ image, width, height, original: image, sha256: '', note: '' });
  const centre = 2 * width + 3;

  test('targets are derivatives by the coordinate, of the picture in [-1, 1]', () => {
    expect(truth.value[centre]).toBeCloseTo(2 * 0.2 - 1, 6);
    expect(truth.gradient[2 * centre]).toBeCloseTo(2 * -0.05, 6);
    expect(truth.gradient[2 * centre + 1]).toBeCloseTo(2 * 0.1, 6);
    expect(truth.laplacian[centre]).toBeCloseTo(2 * 2 * 0.15, 5);
  });

  test("the scale is that of the authors' filters at 256 pixels", () => {
    expect(fittedScale.gradient).toBeCloseTo(0.6275, 4);
    expect(fittedScale.laplacian).toBeCloseTo(0.6151, 4);
  });

  test('a field that is the picture times the scale, plus a constant, is the picture', () => {
    const scale = fittedScale.gradient;
    const jet = {
      value: truth.value.map(number => number * scale + 7),
      gradient: truth.gradient.map(number => number * scale),
      laplacian: truth.laplacian.map(number => number * scale),
    };
    const { psnr } = reconstruct(jet, truth, 'gradient');
    for (const decibels of Object.values(psnr)) expect(decibels).toBeGreaterThan(100);
    const twice = reconstruct({ ...jet, gradient: jet.gradient.map(number => 2 * number) }, truth, 'gradient');
    expect(twice.psnr.gradient).toBeLessThan(20);
  });
});

describe('networks', () => {
  const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 256, hiddenLayers: 3, samples: 256 };

  test('have the sizes of the authors: 6 octaves at 256 pixels, 1024 Gaussians', () => {
    const first = (name: 'siren' | 'tanh' | 'relu' | 'relu-pe' | 'relu-rbf'): readonly number[] => {
      const weight = parameterLayout(networkSpec(name, size), networkExtensions).entries.find(each =>
        each.name.endsWith('.weight'),
      );
      return weight?.shape ?? [];
    };
    expect(first('siren')).toEqual([2, 256]);
    expect(first('relu')).toEqual([2, 256]);
    expect(first('relu-pe')).toEqual([2 + 2 * 2 * 6, 256]);
    expect(first('relu-rbf')).toEqual([1024, 256]);
  });

  test("begin with the authors' weights: He's for ReLU, Glorot's for tanh", () => {
    const deviation = (name: 'tanh' | 'relu'): number => {
      const field = createField(networkSpec(name, size), { seed: 1, extensions: networkExtensions });
      const values = field.parameters['layers.1.weight']?.dataSync() as Float32Array;
      field.dispose();
      return distributionOf(values).standardDeviation;
    };
    // 65,536 weights: the deviation is known to 0.3 %, one standard error.
    expect(deviation('relu') / Math.sqrt(2 / 256)).toBeCloseTo(1, 1.5);
    expect(deviation('tanh') / Math.sqrt(2 / 512)).toBeCloseTo(1, 1.5);
  });
});

describe('initialisation', () => {
  test('the variance is a fixed point, near 1 without biases and above with them', () => {
    const variance = expectedVariance(256);
    expect(variance).toBeCloseTo(900 / (3 * 256) + 1 - Math.exp(-2 * variance), 9);
    expect(expectedVariance(1e9)).toBeCloseTo(0.7968, 4);
  });

  test('the distance from a normal distribution tells it from a uniform one', () => {
    const normal = Float32Array.from({ length: 4000 }, (_, i) => {
      // The quantiles of a logistic distribution come within a few hundredths of normal ones of the same deviation.
      const p = (i + 0.5) / 4000;
      return Math.log(p / (1 - p));
    });
    const uniform = Float32Array.from({ length: 4000 }, (_, i) => i / 4000);
    expect(distanceFromNormal(distributionOf(normal))).toBeLessThan(0.04);
    expect(distanceFromNormal(distributionOf(uniform))).toBeGreaterThan(0.05);
  });
});

describe('music', () => {
  test('the first note is a low G, the loudest sample is 1, and equal seeds play the same', () => {
    const sampleRate = 8000;
    const sound = playPrelude({ length: 1600, sampleRate, seed: 3 });
    expect(Math.max(...sound.map(Math.abs))).toBe(1);
    expect(playPrelude({ length: 1600, sampleRate, seed: 3 })).toEqual(sound);
    expect(playPrelude({ length: 1600, sampleRate, seed: 4 })).not.toEqual(sound);
    // The lag at which the sound is most like itself is the period: 98 Hz are 81.6 samples.
    const likeness = (lag: number): number =>
      sound.slice(400, 1400).reduce((sum, value, i) => sum + value * (sound[400 + i - lag] as number), 0);
    const lags = Array.from({ length: 100 }, (_, i) => 40 + i);
    const best = lags.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
    expect(Math.abs(best - sampleRate / 97.999)).toBeLessThanOrEqual(1);
  });
});
