import '@tensorflow/tfjs-backend-cpu';
import { createField, createRng, type Field, siren } from '@neural-fields/core';
import { constantArray, constantFeatures, linear, product, type Signal, sum } from '@neural-fields/core/layers';
import { memory } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { type AffineMap, applyMap, inverseOf } from '../../src/scenes/affine-map.ts';
import { createBoxTree } from '../../src/scenes/box-tree.ts';
import { sceneFunction } from '../../src/scenes/scene-function.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';

const fieldOf = (seed: number, inFeatures = 3): Field =>
  createField(siren({ inFeatures, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 3 }), { seed });
/** A turn about z by 0.5 with a scale of 0.4, moved; and a shear. */
const turn: AffineMap = [
  [0.4 * Math.cos(0.5), -0.4 * Math.sin(0.5), 0, 0.5],
  [0.4 * Math.sin(0.5), 0.4 * Math.cos(0.5), 0, -0.25],
  [0, 0, 0.4, 0.1],
];
const shear: AffineMap = [
  [0.5, 0.2, 0, 0.1],
  [0, 0.5, 0.1, 0],
  [0, 0, 0.5, 0],
];

/** The value of a scene's child in float64 as a function of the scene's coordinates. */
const reference = async (field: Field): Promise<(point: readonly number[]) => number> => {
  const values = await Promise.all(Object.values(field.parameters).map(async v => Float64Array.from(await v.data())));
  const [w0, b0, w1, b1, w2, b2] = values as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const layer = (x: readonly number[], w: Float64Array, b: Float64Array): number[] =>
    Array.from(b, (bias, j) => x.reduce((sum, value, i) => sum + value * (w[i * b.length + j] as number), bias));
  return point =>
    layer(
      layer(
        layer(point, w0, b0).map(z => Math.sin(3 * z)),
        w1,
        b1,
      ).map(z => Math.sin(30 * z)),
      w2,
      b2,
    )[0] as number;
};

describe('createBoxTree', () => {
  it('finds the boxes around a point', () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.integer({ min: 1, max: 40 }), (seed, count) => {
        const rng = createRng(seed);
        const boxes = Array.from({ length: count }, () => {
          const low = [0, 1, 2].map(() => rng.uniform());
          return { low, high: low.map(x => x + 0.5 * rng.uniform()) };
        });
        const find = createBoxTree(boxes);
        for (let i = 0; i < 10; i++) {
          const point = [0, 1, 2].map(() => 1.5 * rng.uniform());
          const wanted = boxes.flatMap(({ low, high }, b) =>
            point.every((x, a) => x >= low[a]! && x <= high[a]!) ? [b] : [],
          );
          expect(find(point)).toEqual(wanted);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('sceneFunction', () => {
  it('has the values and derivatives of its children through their transforms', async () => {
    const fields = [fieldOf(1), fieldOf(2)];
    const maps = [turn, shear];
    const before = memory().numTensors;
    const scene = sceneFunction(
      fields.map((field, i) => ({ field, transform: maps[i]!, valueScale: 0.5 + i })),
      { overlap: 'sum' },
    );
    const points = [
      [0.5, -0.2, 0.15],
      [-0.2, 0.1, -0.2],
      [0.1, -0.1, 0.05],
    ];
    const coords = Float32Array.from(points.flat());
    const [value, gradient, hessian] = [
      await scene.evaluate(coords),
      await scene.gradient(coords),
      await scene.hessian(coords),
    ];
    expect(memory().numTensors).toBe(before);
    const inverses = maps.map(map => inverseOf('map', map));
    const children = await Promise.all(fields.map(reference));
    let overlaps = 0;
    for (const [n, exact] of points.map(point => point.map(Math.fround)).entries()) {
      const own = [0, 1].filter(c => applyMap(inverses[c]!, exact).every(x => Math.abs(x) <= 1));
      overlaps += own.length - 1;
      const at = (x: readonly number[]): number =>
        own.reduce((sum, c) => sum + (0.5 + c) * children[c]!(applyMap(inverses[c]!, x)), 0);
      expect(value[n]).toBeCloseTo(at(exact), 4);
      const e = 1e-4;
      const moved = (k: number, s: number, l = 0, r = 0): number =>
        at(exact.map((x, axis) => x + (axis === k ? s * e : 0) + (axis === l ? r * e : 0)));
      for (let k = 0; k < 3; k++) {
        const slope = (moved(k, 1) - moved(k, -1)) / (2 * e);
        expect(Math.abs(gradient[3 * n + k]! - slope)).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
        for (let l = 0; l < 3; l++) {
          const bend =
            (moved(k, 1, l, 1) - moved(k, 1, l, -1) - moved(k, -1, l, 1) + moved(k, -1, l, -1)) / (4 * e * e);
          expect(Math.abs(hessian[9 * n + 3 * k + l]! - bend)).toBeLessThan(2e-3 * (10 + Math.abs(bend)));
        }
      }
    }
    expect(overlaps).toBeGreaterThan(0);
  });

  it('takes the least or the first value where boxes overlap, and the background outside', async () => {
    const fields = [fieldOf(1), fieldOf(2)];
    const children = fields.map(field => ({ field }));
    const rng = createRng(3);
    const coords = Float32Array.from({ length: 90 }, () => 2 * rng.uniform() - 1);
    const [a, b] = await Promise.all(children.map(child => sceneFunction([child]).evaluate(coords)));
    const [least, first] = [
      await sceneFunction(children).evaluate(coords),
      await sceneFunction(children, { overlap: 'first' }).evaluate(coords),
    ];
    expect([...least]).toEqual(Array.from(a!, (x, i) => Math.min(x, b![i]!)));
    expect(least).not.toEqual(a);
    expect(first).toEqual(a);
    const away = Float32Array.of(0, 0, 1.5);
    expect([...(await sceneFunction(children, { background: 7 }).evaluate(away))]).toEqual([7]);
    expect([...(await sceneFunction(children).gradient(away))]).toEqual([0, 0, 0]);
  });

  it('is meshed as a whole', async () => {
    // Each |p|^2 - 1/4, a ball of radius 1/2 in its own coordinates.
    const ball = { inFeatures: 3, layers: [{ kind: 'squares' }] };
    const squares = {
      kind: 'squares',
      apply: (x: Signal) =>
        sum([
          constantFeatures(
            x,
            constantArray([1], () => Float32Array.of(-0.25)),
          ),
          linear(
            product(x, x),
            constantArray([3, 1], () => Float32Array.of(1, 1, 1)),
          ),
        ]),
    };
    const field = createField(ball, { seed: 1, extensions: { layers: [squares] } });
    const scene = sceneFunction([
      { field, transform: turn, valueScale: 0.4 },
      {
        field,
        transform: [
          [0.5, 0, 0, -0.5],
          [0, 0.5, 0, 0.5],
          [0, 0, 0.5, 0],
        ],
      },
    ]);
    const mesh = await extractSurface(scene, { resolution: 40, refine: 3 });
    expect(checkMesh(mesh).closed).toBe(true);
    const radii = [
      [0.5, -0.25, 0.1, 0.2],
      [-0.5, 0.5, 0, 0.25],
    ];
    const found = new Set<number>();
    for (let i = 0; i < mesh.positions.length; i += 3) {
      const errors = radii.map(([x, y, z, r]) =>
        Math.abs(Math.hypot(mesh.positions[i]! - x!, mesh.positions[i + 1]! - y!, mesh.positions[i + 2]! - z!) - r!),
      );
      expect(Math.min(...errors)).toBeLessThan(2e-3);
      found.add(errors.indexOf(Math.min(...errors)));
    }
    expect(found.size).toBe(2);
  });

  it('rejects wrong options', () => {
    expect(() => sceneFunction([])).toThrow('must have at least one child');
    expect(() => sceneFunction([{ field: fieldOf(1, 2) }])).toThrow(
      'the field of child 0 must have 3 coordinates, got 2',
    );
    const flat: AffineMap = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [1, 1, 0, 0],
    ];
    expect(() => sceneFunction([{ field: fieldOf(1), transform: flat }])).toThrow('must have an inverse');
  });
});
