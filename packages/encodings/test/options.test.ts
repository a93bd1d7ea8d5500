import '@tensorflow/tfjs-backend-cpu';
import {
  createField,
  type FieldSpec,
  type LayerSpec,
  outFeatures,
  parameterLayout,
  parseSpec,
} from '@neural-fields/core';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodings, fourierFeatures, gaussianRbf, nyquistOctaves, positionalEncoding } from '../src/index.ts';

const extensions = { layers: encodings };
const specOf = (encoding: LayerSpec, inFeatures = 2): FieldSpec =>
  parseSpec({ inFeatures, layers: [encoding] }, extensions);

beforeAll(() => setBackend('cpu'));

describe('positionalEncoding', () => {
  it('has the input and two features for each octave and coordinate, in the order of the SIREN authors', async () => {
    const spec = specOf(positionalEncoding({ octaves: 2 }));
    expect(outFeatures(spec, extensions)).toBe(10);
    const field = createField(spec, { seed: 1, extensions });
    const [features] = (await field.evaluate(tensor2d([[0.5, 0.25]])).array()) as number[][];
    const half = Math.SQRT1_2;
    const expected = [0.5, 0.25, 1, 0, half, half, 0, -1, 1, 0];
    for (const [i, e] of expected.entries()) expect(features?.[i]).toBeCloseTo(e, 6);
  });

  it('is accurate at high octaves, where a phase in radians would lose precision', async () => {
    const field = createField(specOf(positionalEncoding({ octaves: 16, includeInput: false }), 1), {
      seed: 1,
      extensions,
    });
    const x = Math.fround(0.7123);
    const [features] = (await field.evaluate(tensor2d([[x]])).array()) as number[][];
    const exact = Math.sin(2 ** 15 * Math.PI * x);
    expect(Math.abs((features?.[30] as number) - exact)).toBeLessThan(1e-6);
    expect(Math.abs(Math.sin(Math.fround(Math.fround(2 ** 15 * Math.PI) * x)) - exact)).toBeGreaterThan(1e-4);
  });

  it('rejects wrong options', () => {
    expect(() => positionalEncoding({ octaves: 0 })).toThrow(
      'positional-encoding: octaves must be a positive integer, got 0',
    );
    expect(() => positionalEncoding({ octaves: 40 })).toThrow('octaves must be at most 32, got 40');
    expect(() => positionalEncoding({ octaves: 2, base: -1 })).toThrow('base must be a positive number, got -1');
    expect(() => specOf({ kind: 'positional-encoding' })).toThrow(RangeError);
    expect(() => specOf({ ...positionalEncoding({ octaves: 1 }), includeInput: 1 } as LayerSpec)).toThrow(TypeError);
  });

  it('returns the number of octaves of the SIREN authors', () => {
    expect([8, 256, 511, 512, 1000].map(nyquistOctaves)).toEqual([1, 6, 6, 7, 7]);
    expect(() => nyquistOctaves(7)).toThrow(RangeError);
  });
});

describe('fourierFeatures', () => {
  it('draws frequencies with the given scale from the seed alone', async () => {
    const features = async (seed: number): Promise<number[]> => {
      const spec = specOf(fourierFeatures({ features: 2000, scale: 3, seed }), 1);
      const field = createField(spec, { seed: Math.floor(1e6 * seed), extensions });
      const { gradient } = field.jet(tensor2d([[0]]), { gradient: true });
      field.dispose();
      return [...(await gradient.data())].filter((_, i) => i % 2 === 1);
    };
    const [first, again, other] = await Promise.all([features(1), features(1), features(2)]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    // At 0 the derivative of the sine is 2 pi b. Over 2000 samples the relative standard error of the deviation is 1.6
    // %; the test allows three times that.
    const deviation = Math.sqrt(first.reduce((total, d) => total + (d / (2 * Math.PI)) ** 2, 0) / 2000);
    expect(Math.abs(deviation / 3 - 1)).toBeLessThan(0.048);
  });

  it('rejects wrong options', () => {
    expect(() => fourierFeatures({ features: 1.5, scale: 1, seed: 1 })).toThrow(
      'fourier-features: features must be a positive integer, got 1.5',
    );
    expect(() => fourierFeatures({ features: 1, scale: 0, seed: 1 })).toThrow(RangeError);
    expect(() => fourierFeatures({ features: 1, scale: 1, seed: Number.NaN })).toThrow(RangeError);
    expect(() => specOf(fourierFeatures({ frequencies: [[1]] }))).toThrow(
      'fourier-features: frequencies: row 0 must be 2 finite numbers, got [1]',
    );
    expect(() => specOf({ kind: 'fourier-features', frequencies: [] } as LayerSpec)).toThrow(TypeError);
  });
});

describe('gaussianRbf', () => {
  it('has only the learned quantities as parameters', () => {
    const names = (learnable?: readonly ('centres' | 'sigma')[]): string[] => {
      const encoding = gaussianRbf({ features: 4, seed: 1, ...(learnable && { learnable }) });
      return parameterLayout(specOf(encoding), extensions).entries.map(
        ({ name, shape }) => `${name} ${shape.join(' x ')}`,
      );
    };
    expect(names()).toEqual(['layers.0.centres 4 x 2', 'layers.0.inverseSigma 4']);
    expect(names(['sigma'])).toEqual(['layers.0.inverseSigma 4']);
    expect(names([])).toEqual([]);
  });

  it('is 1 at a centre and exp(-1/2) one sigma away', async () => {
    const field = createField(specOf(gaussianRbf({ features: 1, sigma: 0.3 }), 2), { seed: 9, extensions });
    const centre = (await field.parameters['layers.0.centres']?.data()) as Float32Array;
    const [x, y] = [...centre] as [number, number];
    const [[here], [away]] = (await field
      .evaluate(
        tensor2d([
          [x, y],
          [x, y + 0.3],
        ]),
      )
      .array()) as [[number], [number]];
    expect(here).toBe(1);
    expect(away).toBeCloseTo(Math.exp(-0.5), 6);
    expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
    field.dispose();
  });

  it('rejects wrong options', () => {
    expect(() => gaussianRbf({ features: 4, learnable: ['sigma'] })).toThrow(
      'centres that are not learned need a seed',
    );
    expect(() => gaussianRbf({ features: 4, sigma: 0 })).toThrow(
      'gaussian-rbf: sigma must be a positive number, got 0',
    );
    expect(() => gaussianRbf({ features: 4, bound: Number.POSITIVE_INFINITY })).toThrow(RangeError);
    expect(() => specOf({ ...gaussianRbf({ features: 4 }), learnable: ['height'] } as LayerSpec)).toThrow(
      'learnable must be a list of centres, sigma, got ["height"]',
    );
  });
});

it('a spec with a huge number of features can be parsed without allocating them', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (const encoding of [
    { kind: 'fourier-features', features: 1e9, scale: 1, seed: 1 },
    { kind: 'gaussian-rbf', features: 1e9, sigma: 1, bound: 1, learnable: ['centres', 'sigma'] },
  ])
    expect(
      outFeatures(parseSpec({ inFeatures: 2, layers: [encoding] }, { layers: encodings }), { layers: encodings }),
    ).toBeGreaterThan(9e8);
  expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(1e8);
});
