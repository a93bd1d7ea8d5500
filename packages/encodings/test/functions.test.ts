import '@tensorflow/tfjs-backend-cpu';
import { createField, type Field, type LayerSpec, parseSpec } from '@neural-fields/core';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodings,
  fourierFeatures,
  gaussianEmbedding,
  identityEncoding,
  oneBlob,
  sphericalHarmonics,
  superGaussianEmbedding,
  triangleWave,
} from '../src/index.ts';

const extensions = { layers: encodings };
const fieldOf = (encoding: LayerSpec, inFeatures: number): Field =>
  createField(parseSpec({ inFeatures, layers: [encoding] }, extensions), { seed: 1, extensions });
const featuresAt = async (encoding: LayerSpec, points: readonly number[][]): Promise<number[][]> =>
  (await fieldOf(encoding, points[0]?.length as number)
    .evaluate(tensor2d([...points]))
    .array()) as number[][];

beforeAll(() => setBackend('cpu'));

describe('oneBlob', () => {
  it('has the largest feature in the bin of the point', async () => {
    const [row] = await featuresAt(oneBlob(), [[-0.9]]);
    expect(row?.length).toBe(16);
    // s = 0.05 lies in bin 0, at 0.8 bins: 0.3 bins from its centre.
    expect(row?.[0]).toBeCloseTo(Math.exp(-(0.3 ** 2) / 2), 6);
    expect(Math.max(...(row as number[]))).toBe(row?.[0]);
  });

  it('distributes a quartic blob of area 1 over the bins, around the circle', async () => {
    for (const [row] of [
      await featuresAt(oneBlob({ kernel: 'quartic' }), [[0.3]]),
      await featuresAt(oneBlob({ kernel: 'quartic' }), [[-0.99]]),
    ])
      expect(row?.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 6);
    const [row] = await featuresAt(oneBlob({ kernel: 'quartic' }), [[-1]]);
    expect(row?.[0]).toBeCloseTo(0.5, 6);
    expect(row?.[15]).toBeCloseTo(0.5, 6);
  });
});

describe('sphericalHarmonics', () => {
  it('are those of tiny-cuda-nn in the first bands', async () => {
    const [x, y, z] = [0.48, -0.6, 0.64];
    const [row] = await featuresAt(sphericalHarmonics({ degree: 3 }), [[x, y, z]]);
    const expected = [
      0.28209479177387814,
      -0.48860251190291987 * y,
      0.48860251190291987 * z,
      -0.48860251190291987 * x,
      1.0925484305920792 * x * y,
      -1.0925484305920792 * y * z,
      0.94617469575756 * z * z - 0.31539156525252,
      -1.0925484305920792 * x * z,
      0.5462742152960396 * (x * x - y * y),
    ];
    for (const [k, value] of expected.entries()) expect(row?.[k]).toBeCloseTo(value, 6);
  });

  it('are orthonormal on the sphere in all eight bands', async () => {
    // Sums over sectors are exact beyond 14; the midpoint rule in z is good to 1e-3 with 400 rings.
    const [rings, sectors] = [400, 16];
    const points = Array.from({ length: rings * sectors }, (_, i) => {
      const z = (2 * (Math.floor(i / sectors) + 0.5)) / rings - 1;
      const angle = (2 * Math.PI * (i % sectors)) / sectors;
      const radius = Math.sqrt(1 - z * z);
      return [radius * Math.cos(angle), radius * Math.sin(angle), z];
    });
    const rows = await featuresAt(sphericalHarmonics({ degree: 8 }), points);
    const area = (4 * Math.PI) / (rings * sectors);
    for (const [a, b] of [
      [0, 0],
      [63, 63],
      [56, 56],
      [60, 60],
      [49, 49],
      [2, 12],
      [56, 42],
      [63, 49],
      [57, 31],
    ] as const) {
      const total = rows.reduce((sum, row) => sum + (row[a] as number) * (row[b] as number), 0);
      expect(Math.abs(total * area - (a === b ? 1 : 0))).toBeLessThan(2e-3);
    }
  });
});

describe('other functions', () => {
  it('have the stated features', async () => {
    expect(await featuresAt(triangleWave({ octaves: 2 }), [[-1], [0]])).toEqual([
      [1, 1],
      [-1, 1],
    ]);
    expect(await featuresAt(identityEncoding({ scale: 2, offset: 1 }), [[0.5, -1]])).toEqual([[2, -1]]);
    const [row] = await featuresAt(gaussianEmbedding({ features: 3 }), [[0]]);
    for (const [k, value] of [Math.exp(-0.5), 1, Math.exp(-0.5)].entries()) expect(row?.[k]).toBeCloseTo(value, 6);
    const frequencies = [[0.25], [0.5]];
    const at = [[0.5]];
    const [pairs] = await featuresAt(fourierFeatures({ frequencies }), at);
    const [blocks] = await featuresAt(fourierFeatures({ frequencies, order: 'sines-first' }), at);
    expect(blocks).toEqual([1, 3, 0, 2].map(k => pairs?.[k]));
  });

  it('reject wrong options', () => {
    expect(() => oneBlob({ bins: 2 })).toThrow('one-blob: bins must be an integer >= 3, got 2');
    expect(() => oneBlob({ kernel: 'box' as 'quartic' })).toThrow('must be one of gaussian, quartic, got "box"');
    expect(() => triangleWave({ octaves: 25 })).toThrow('octaves must be at most 24, got 25');
    expect(() => sphericalHarmonics({ degree: 9 })).toThrow('degree must be at most 8, got 9');
    expect(() => fieldOf(sphericalHarmonics({ degree: 2 }), 2)).toThrow('directions of 3 features, got 2');
    expect(() => gaussianEmbedding({ features: 1 })).toThrow('features must be an integer >= 2, got 1');
    expect(() => gaussianEmbedding({ features: 2, learnable: ['b' as 'sigma'] })).toThrow(RangeError);
    expect(() => superGaussianEmbedding({ features: 2, b: 0 })).toThrow('b must be a positive number, got 0');
    expect(() => identityEncoding({ scale: Number.NaN })).toThrow('scale must be a finite number');
    expect(() => fourierFeatures({ frequencies: [[1]], order: 'mixed' as 'sines-first' })).toThrow(
      'order must be one of cosine-sine, sine-cosine, sines-first, got "mixed"',
    );
  });
});
