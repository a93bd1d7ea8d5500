/** @file Learns the signed distance of an ellipse from its points, with and without normals. */
import '@tensorflow/tfjs-backend-wasm';
import {
  adam,
  cosine,
  createField,
  createRng,
  type Field,
  fit,
  type PointSource,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  divergencePenalty,
  eikonalSdf,
  mse,
  sdfToOccupancy,
  truncatedDistance,
  withTargets,
} from '../src/index.ts';

beforeAll(async () => {
  await setBackend('wasm');
  await ready();
});

const [A, B] = [0.7, 0.45];
const place = (angle: number): [number, number] => [A * Math.cos(angle), B * Math.sin(angle)];
const around = Array.from({ length: 400 }, (_, i) => place((2 * Math.PI * i) / 400));

/** The signed distance of the ellipse, from its nearest sampled point. */
const distanceOf = (x: number, y: number): number =>
  Math.sign((x / A) ** 2 + (y / B) ** 2 - 1) * Math.min(...around.map(([px, py]) => Math.hypot(x - px, y - py)));

/** Half of the points on the ellipse with their normals, the others anywhere in the square. */
const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 128,
  fixed: false,
  draw: (start, count, rng) => {
    const rows = Array.from({ length: count }, (_, i) => {
      const own = rng.fork(start + i);
      if ((start + i) % 2 === 1) return { at: [2 * own.uniform() - 1, 2 * own.uniform() - 1], normal: [0, 0], on: 0 };
      const [x, y] = place(2 * Math.PI * own.uniform());
      return { at: [x, y], normal: [x / A ** 2, y / B ** 2], on: 1 };
    });
    const flat = (numbers: readonly (readonly number[])[]): Float32Array => Float32Array.from(numbers.flat());
    return {
      coords: flat(rows.map(({ at }) => at)),
      targets: { surface: flat(rows.map(({ on }) => [on])), normal: flat(rows.map(({ normal }) => normal)) },
    };
  },
};

const newField = (): Field =>
  createField(
    siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 24, hiddenLayers: 1, omega0: 5, omegaHidden: 5 }),
    {
      seed: 2,
    },
  );

const run = async (field: Field, terms: readonly Term[], steps: number): Promise<void> => {
  const options = {
    steps,
    optimizer: adam({ learningRate: 5e-3 }),
    schedule: cosine(0.02),
    clipNorm: 1,
    reportEvery: steps,
  };
  for await (const { loss } of fit(field, terms, options)) expect(Number.isFinite(loss)).toBe(true);
};

const rng = createRng(7);
const places = Array.from(
  { length: 300 },
  () => [1.8 * rng.uniform() - 0.9, 1.8 * rng.uniform() - 0.9] as [number, number],
);
const truth = places.map(([x, y]) => distanceOf(x, y));

/** The mean error of the distances within 0.2 of the ellipse, and the fraction of all positions with the wrong sign. */
const errorsOf = async (
  field: Field,
  toDistance = (value: number): number => value,
): Promise<{ mean: number; wrong: number }> => {
  const values = [...(await field.evaluate(tensor2d(places)).data())].map(toDistance);
  const pairs = truth.map((t, i) => [t, values[i] as number] as const);
  const clear = pairs.filter(([t]) => Math.abs(t) > 0.03);
  const near = pairs.filter(([t]) => Math.abs(t) < 0.2);
  return {
    mean: near.reduce((sum, [t, value]) => sum + Math.abs(value - t), 0) / near.length,
    wrong: clear.filter(([t, value]) => Math.sign(t) !== Math.sign(value)).length / clear.length,
  };
};

/** Fits the distance of a disc first, which determines inside and outside. */
const beginAsDisc = (field: Field): Promise<void> => {
  const disc = withTargets(points, coords => ({
    value: Float32Array.from(
      { length: coords.length / 2 },
      (_, i) => Math.hypot(coords[2 * i] as number, coords[2 * i + 1] as number) - 0.5,
    ),
  }));
  return run(field, [term({ points: disc, loss: mse() })], 60);
};

describe('the signed distance of an ellipse', () => {
  it('is learned from points with normals', async () => {
    const field = newField();
    const loss = eikonalSdf();
    await run(field, [term({ points, loss })], 200);
    const { mean, wrong } = await errorsOf(field);
    expect(mean).toBeLessThan(0.02);
    expect(wrong).toBe(0);
    field.dispose();
  });

  it('is learned from points without normals by a field initialised to the distance of a disc', async () => {
    const field = newField();
    await beginAsDisc(field);
    const before = await errorsOf(field);
    const loss = eikonalSdf({ normal: null });
    const divergence = divergencePenalty();
    const terms = [term({ points, loss }), term({ name: 'divergence', points, loss: divergence, weight: 0.1 })];
    await run(field, terms, 200);
    const { mean, wrong } = await errorsOf(field);
    expect(before.mean).toBeGreaterThan(0.05);
    expect(mean).toBeLessThan(0.02);
    expect(wrong).toBe(0);
    field.dispose();
  });

  it('is learned from truncated distances and from occupancies', async () => {
    const distances = withTargets(points, coords => {
      const sdf = Float32Array.from({ length: coords.length / 2 }, (_, i) =>
        distanceOf(coords[2 * i] as number, coords[2 * i + 1] as number),
      );
      return { sdf, occupancy: sdfToOccupancy(sdf) };
    });
    const [truncated, occupied] = [newField(), newField()];
    await run(truncated, [term({ points: distances, loss: truncatedDistance({ truncation: 0.3 }) })], 150);
    expect((await errorsOf(truncated)).wrong).toBe(0);
    // The logit of an occupancy is positive inside.
    await run(occupied, [term({ points: distances, loss: binaryCrossEntropy() })], 150);
    expect((await errorsOf(occupied, logit => -logit)).wrong).toBeLessThan(0.01);
    truncated.dispose();
    occupied.dispose();
  });
});
