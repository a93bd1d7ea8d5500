/**
 * @file Shapes in closed form, learned from their points and normals alone: the distances and normals that come out are
 * compared with the truth.
 */
import '@neural-fields/kernels-wasm';
import { adam, cosine, createField, createRng, type Field, fit, siren, term } from '@neural-fields/core';
import { eikonal, eikonalSdf } from '@neural-fields/losses';
import { cuboid, fieldFunction, gyroid, type ImplicitShape, sdfPoints, sphere, torus } from '@neural-fields/shapes';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

/** Learns a shape from points of its surface. */
const learn = async ({ shape, steps, omega = 10, hiddenFeatures = 32 }: Case): Promise<Field> => {
  const cloud = shape.sample(4000, createRng(3));
  const loss = eikonalSdf();
  const around = eikonal();
  const terms = [
    term({ points: sdfPoints(cloud, { onSurface: 400 }), loss }),
    term({
      name: 'near',
      points: sdfPoints(cloud, { onSurface: 1, offSurface: 0, nearSurface: 200, normals: 'none' }),
      derivatives: around.derivatives,
      loss: around,
      weight: 50,
    }),
  ];
  const network = siren({
    inFeatures: 3,
    outFeatures: 1,
    hiddenFeatures,
    hiddenLayers: 1,
    omega0: omega,
    omegaHidden: omega,
  });
  const field = createField(network, { seed: 2 });
  const options = {
    steps,
    optimizer: adam({ learningRate: 3e-3 }),
    schedule: cosine(0.01),
    clipNorm: 1,
    reportEvery: steps,
  };
  for await (const { loss: last } of fit(field, terms, options)) expect(Number.isFinite(last)).toBe(true);
  return field;
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A shape, and how it is learned and looked at. */
interface Case {
  readonly name: string;
  readonly shape: ImplicitShape;
  /** How far from the surface distances are compared. */
  readonly reach: number;
  readonly steps: number;
  readonly omega?: number;
  readonly hiddenFeatures?: number;
  /** Where the surface is smooth; everywhere if absent. */
  readonly smooth?: (x: number, y: number, z: number) => boolean;
}

const halfWidths = [0.6, 0.4, 0.5] as const;

const cases: readonly Case[] = [
  { name: 'a sphere', shape: sphere({ radius: 0.7 }), reach: 0.1, steps: 150 },
  { name: 'a torus', shape: torus({ major: 0.6, minor: 0.25 }), reach: 0.1, steps: 200 },
  {
    name: 'a box',
    shape: cuboid({ halfWidths }),
    reach: 0.1,
    steps: 400,
    omega: 15,
    hiddenFeatures: 64,
    // Not at the edges, where the normal leaps and the field rounds them off.
    smooth: (...point) => point.filter((c, k) => Math.abs(c) > (halfWidths[k] as number) - 0.15).length === 1,
  },
  { name: 'a gyroid', shape: gyroid({ period: 2 }), reach: 0.03, steps: 300 },
];

it.each(cases)('$name: distances within 1 % of its size and normals within 3 degrees', async testCase => {
  const { shape, reach, smooth = () => true } = testCase;
  const field = await learn(testCase);
  const learned = fieldFunction(field);
  const { positions, normals } = shape.sample(2000, createRng(4)) as { positions: Float32Array; normals: Float32Array };
  const rows = Array.from({ length: 2000 }, (_, i) => i);
  const isSmooth = (i: number): boolean =>
    smooth(...([0, 1, 2].map(k => positions[3 * i + k]) as [number, number, number]));
  const gradients = await learned.gradient(positions);
  const angles = rows.filter(isSmooth).map(i => {
    const [g, n] = [gradients.subarray(3 * i, 3 * i + 3), normals.subarray(3 * i, 3 * i + 3)];
    return (
      (Math.acos(Math.min(1, g.reduce((sum, c, k) => sum + c * (n[k] as number), 0) / Math.hypot(...g))) * 180) /
      Math.PI
    );
  });
  const rng = createRng(5);
  const shifts = Float32Array.from({ length: 2000 }, () => reach * (2 * rng.uniform() - 1));
  const near = positions.map((x, i) => x + (shifts[Math.floor(i / 3)] as number) * (normals[i] as number));
  const truth = shape.evaluate(near);
  const slopes = shape.gradient(positions);
  // A gyroid is no distance: near its surface its value over the length of its gradient is one, to first order.
  const lengths = rows.map(i => Math.hypot(...slopes.subarray(3 * i, 3 * i + 3)));
  const values = await learned.evaluate(near);
  const errors = [...values].map((value, i) => Math.abs(value - (truth[i] as number) / (lengths[i] as number)));
  expect(mean(errors)).toBeLessThan(0.01);
  expect(mean(angles)).toBeLessThan(3);
  field.dispose();
});
