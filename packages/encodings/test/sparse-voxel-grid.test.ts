import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { adam, createField, type Field, fit, mlp, type PointSource, parseSpec, term } from '@neural-fields/core';
import { setBackend, squaredDifference, tensor2d } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { blocksAt, denseGrid, encodings, sparseVoxelGrid } from '../src/index.ts';

const extensions = { layers: encodings };
const bits = (blocks: string): number[] =>
  [...blocks].flatMap((digit, place) =>
    [0, 1, 2, 3].filter(bit => (Number.parseInt(digit, 16) >> bit) & 1).map(bit => 4 * place + bit),
  );

beforeAll(() => setBackend('simd'));

describe('blocksAt', () => {
  it('is the set of the blocks of all vertices around the points', () => {
    // 16 cells and 17 vertices along each axis: 5 blocks of 4 vertices.
    expect(bits(blocksAt([-1], { axes: 1, resolution: 16, blockSize: 4, margin: 0 }))).toEqual([0]);
    expect(bits(blocksAt([1], { axes: 1, resolution: 16, blockSize: 4, margin: 0 }))).toEqual([3, 4]);
    expect(bits(blocksAt([0.1], { axes: 1, resolution: 16, blockSize: 4, margin: 1 }))).toEqual([1, 2]);
    expect(bits(blocksAt([-0.9, 0.1], { axes: 2, resolution: 16, blockSize: 4, margin: 0 }))).toEqual([10]);
  });

  it('contains every vertex within the margin of a cell with a point', () => {
    const place = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 5 }), fc.nat(3), (points, margin) => {
        const own = new Set(bits(blocksAt(points.flat(), { axes: 2, resolution: 20, blockSize: 4, margin })));
        for (const point of points) {
          const cell = point.map(p => Math.min(Math.floor((p + 1) * 10), 19));
          for (let dy = -margin; dy <= 1 + margin; dy++)
            for (let dx = -margin; dx <= 1 + margin; dx++) {
              const [x, y] = [(cell[0] as number) + dx, (cell[1] as number) + dy];
              if (Math.min(x, y) < 0 || Math.max(x, y) > 20) continue;
              expect(own.has(Math.floor(x / 4) + 6 * Math.floor(y / 4))).toBe(true);
            }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('rejects wrong options', () => {
    expect(() => blocksAt([0, 0, 0], { axes: 2, resolution: 8 })).toThrow(
      'blocksAt: points must be [n, 2], got 3 numbers',
    );
    expect(() => blocksAt([Number.NaN], { axes: 1, resolution: 8 })).toThrow('point 0 must be finite, got NaN');
    expect(() => blocksAt([0], { axes: 1, resolution: 8, blockSize: 3 })).toThrow(
      'must be a power of two up to 64, got 3',
    );
    expect(() => blocksAt([0], { axes: 1, resolution: 8, margin: -1 })).toThrow(
      'margin must be an integer from 0, got -1',
    );
  });
});

describe('sparseVoxelGrid', () => {
  it('has the features of a dense grid where all blocks have rows', async () => {
    const [resolution, blockSize] = [7, 4];
    const blocks = blocksAt([-1, -1, 1, 1, -1, 1, 1, -1], { axes: 2, resolution, blockSize, margin: 0 });
    expect(bits(blocks)).toEqual([0, 1, 2, 3]);
    const make = (layer: object): Field =>
      createField(parseSpec({ inFeatures: 2, layers: [layer] }, extensions), { seed: 2, extensions });
    const sparse = make(sparseVoxelGrid({ resolution, blockSize, blocks, initialBound: 1 }));
    const dense = make(denseGrid({ resolution, initialBound: 1 }));
    const rows = await sparse.parameters['layers.0.table']!.array();
    const at = (x: number, y: number): number => 1 + 16 * ((x >> 2) + 2 * (y >> 2)) + (x & 3) + 4 * (y & 3);
    const own = Array.from({ length: 64 }, (_, v) => (rows as number[][])[at(v % 8, v >> 3)] as number[]);
    dense.parameters['layers.0.table']!.assign(tensor2d(own));
    const points = tensor2d(Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]));
    expect(await sparse.evaluate(points).data()).toEqual(await dense.evaluate(points).data());
  });

  it('learns a signal near a curve with a fifth of the rows of a dense grid, and is constant far from it', async () => {
    const count = 2000;
    const angle = (i: number): number => (2 * Math.PI * i) / count;
    const curve = Float32Array.from(
      { length: 2 * count },
      (_, i) => 0.6 * (i % 2 ? Math.sin(angle(i >> 1)) : Math.cos(angle(i >> 1))),
    );
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(12 * angle(i)));
    const points: PointSource = {
      inFeatures: 2,
      pointsPerStep: count,
      fixed: true,
      draw: (start, n) => ({
        coords: curve.slice(2 * start, 2 * (start + n)),
        targets: { value: values.slice(start, start + n) },
      }),
    };
    const blocks = blocksAt(curve, { axes: 2, resolution: 128, blockSize: 4 });
    const encoding = sparseVoxelGrid({ resolution: 128, blockSize: 4, blocks });
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, activation: { kind: 'relu' } };
    const field = createField(mlp({ ...size, encoding, extensions }), { seed: 1, extensions });
    expect(field.parameters['layers.0.table']!.shape[0]).toBeLessThan(129 ** 2 / 5);
    const loss = term({ points, loss: ({ value }, { targets }) => squaredDifference(value, targets['value']!) });
    let error = 1;
    for await (const progress of fit(field, [loss], { steps: 100, optimizer: adam({ learningRate: 1e-2 }) }))
      error = progress.loss;
    expect(error).toBeLessThan(0.02);
    const empty = await field
      .evaluate(
        tensor2d([
          [0, 0],
          [0.05, -0.1],
          [0.95, 0.95],
        ]),
      )
      .data();
    expect(new Set(empty).size).toBe(1);
  });

  it('rejects wrong options', () => {
    const blocks = blocksAt([0, 0], { axes: 2, resolution: 16 });
    const parse = (layer: object): unknown => parseSpec({ inFeatures: 2, layers: [layer] }, extensions);
    expect(() => parse(sparseVoxelGrid({ resolution: 64, blocks }))).toThrow(
      'sparse-voxel-grid: blocks must be 21 hexadecimal digits for 81 blocks, got 3 characters',
    );
    expect(() => parse(sparseVoxelGrid({ resolution: 16, blocks: '000' }))).toThrow(
      'must have at least one block, got none',
    );
    expect(() => sparseVoxelGrid({ resolution: 16, blockSize: 5, blocks })).toThrow('blockSize must be a power of two');
    expect(() => parse({ ...sparseVoxelGrid({ resolution: 16, blocks }), blocks: 7 })).toThrow(TypeError);
  });
});
