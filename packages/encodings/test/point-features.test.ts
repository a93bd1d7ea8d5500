import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import {
  adam,
  createField,
  createRng,
  type Field,
  fit,
  mlp,
  type PointSource,
  parseSpec,
  term,
} from '@neural-fields/core';
import { setBackend, squaredDifference, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodings, pointFeatures, tableGroup } from '../src/index.ts';
import { farthestPoints, nearestDistances } from '../src/nearest-distances.ts';

const extensions = { layers: encodings };
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, axis) => value - (b[axis] as number)));
const cloudOf = (count: number, axes: number, seed: number): number[][] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => Array.from({ length: axes }, () => Math.fround(2 * rng.uniform() - 1)));
};

beforeAll(() => setBackend('simd'));

describe('nearestDistances', () => {
  it('are those of all pairs', () => {
    const sizes = fc.record({
      axes: fc.integer({ min: 1, max: 4 }),
      count: fc.integer({ min: 5, max: 60 }),
      k: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(999),
    });
    fc.assert(
      fc.property(sizes, ({ axes, count, k, seed }) => {
        // A line, and a cluster in a corner, which fill few cells.
        const cloud = cloudOf(count, axes, seed).map((point, i) =>
          i % 3 === 0 ? point : point.map(p => (i % 3 === 1 ? 0.01 * p : (point[0] as number))),
        );
        const found = nearestDistances({ points: cloud.flat(), axes }, k);
        for (const [i, point] of cloud.entries()) {
          const others = cloud
            .filter((_, j) => j !== i)
            .map(other => distance(point, other))
            .sort((a, b) => a - b);
          expect(found[i]).toBeCloseTo(others[k - 1] as number, 12);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('farthestPoints', () => {
  it('begins with the first, and takes the farthest from those that it has', () => {
    const chosen = farthestPoints({ points: [0, 0, 1, 0, 0.4, 0, 0, 0.7, 1, 0.1], axes: 2 }, 4);
    expect([...chosen]).toEqual([0, 0, 1, 0.1, 0, 0.7, 0.4, 0].map(Math.fround));
  });
});

describe('pointFeatures', () => {
  const fieldOf = (layer: object, inFeatures: number): Field =>
    createField(parseSpec({ inFeatures, layers: [layer] }, extensions), { seed: 2, extensions });

  it('is the quotient over all points, whatever the lists of the cells', async () => {
    for (const [axes, seed] of [
      [1, 1],
      [2, 2],
      [3, 3],
    ] as const) {
      const cloud = cloudOf(150, axes, seed).map((point, i) => (i < 50 ? point.map(p => 0.1 * p) : point));
      const field = fieldOf(pointFeatures({ points: cloud.flat(), axes, neighbours: 5, initialBound: 1 }), axes);
      const radii = nearestDistances({ points: cloud.flat(), axes }, 5);
      const table = (await (field.parameters['layers.0.table'] as Tensor).data()) as Float32Array;
      const at = cloudOf(80, axes, 7).map(point => point.map(p => Math.fround(1.3 * p)));
      const found = await field.evaluate(tensor2d(at)).data();
      for (const [n, x] of at.entries()) {
        const weights = cloud.map((p, i) => Math.max(0, 1 - (distance(x, p) / (radii[i] as number)) ** 2) ** 3);
        const total = weights.reduce((a, b) => a + b, 0.01);
        for (const f of [0, 1]) {
          const sum = weights.reduce(
            (a, w, i) => a + w * (table[2 * i + f] as number),
            0.01 * (table[300 + f] as number),
          );
          expect(found[2 * n + f]).toBeCloseTo(sum / total, 4);
        }
      }
      field.dispose();
    }
  });

  it('has the features of empty space, and no slope, where no kernel reaches', async () => {
    const field = fieldOf(pointFeatures({ points: [0, 0, 0.5, 0.5], axes: 2, radius: 0.25, initialBound: 1 }), 2);
    const { value, gradient, laplacian } = field.jet(
      tensor2d([
        [-0.9, 0.9],
        [40, -3],
      ]),
      { gradient: true, laplacian: true },
    );
    const table = await (field.parameters['layers.0.table'] as Tensor).data();
    for (const [i, found] of (await value.data()).entries()) expect(found).toBeCloseTo(table[4 + (i % 2)] as number, 6);
    for (const part of [gradient, laplacian]) for (const found of await part.data()) expect(Math.abs(found)).toBe(0);
  });

  it('learns a signal on a curve', async () => {
    const angles = Array.from({ length: 256 }, (_, i) => (i * Math.PI) / 128);
    const points = Float32Array.from(angles.flatMap(a => [0.8 * Math.cos(a), 0.8 * Math.sin(a)]));
    const values = Float32Array.from(angles, a => Math.sin(12 * a));
    const source: PointSource = {
      inFeatures: 2,
      pointsPerStep: 256,
      fixed: true,
      draw: (start, count) => ({
        coords: points.slice(2 * start, 2 * (start + count)),
        targets: { value: values.slice(start, start + count) },
      }),
    };
    const encoding = pointFeatures({ points, axes: 2, count: 96, neighbours: 4 });
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, activation: { kind: 'relu' } };
    const field = createField(mlp({ ...size, encoding, extensions }), { seed: 1, extensions });
    const task = [
      term({ points: source, loss: ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor) }),
    ];
    const options = {
      steps: 60,
      optimizer: adam({ learningRate: 1e-2 }),
      groups: [tableGroup({ learningRate: 3e-2 })],
      reportEvery: 60,
    };
    for await (const { loss } of fit(field, task, options)) expect(loss).toBeLessThan(0.02);
  });

  it('rejects wrong options', () => {
    expect(() => pointFeatures({ points: [0, 1, 2], axes: 2, radius: 1 })).toThrow(
      'points must be [n, 2], got 3 numbers',
    );
    expect(() => pointFeatures({ points: [0, Number.NaN], axes: 2, radius: 1 })).toThrow(
      'must be finite, got NaN in point 0',
    );
    expect(() => pointFeatures({ points: [0, 1], axes: 1 })).toThrow('needs one of radius and neighbours, got none');
    expect(() => pointFeatures({ points: [0, 1], axes: 1, neighbours: 2 })).toThrow('less than the 2 points, got 2');
    expect(() => pointFeatures({ points: [0, 0, 1], axes: 1, neighbours: 1 })).toThrow(
      'point 0 must differ from its 1 nearest',
    );
    expect(() => fieldOf(pointFeatures({ points: [0, 1], axes: 1, radius: 1 }), 2)).toThrow(
      'point-features: points must be 24',
    );
  });
});
