/**
 * @file An optimizer with a line search on this backend: it compares losses, so rounding in the kernels must not
 *   mislead it.
 */
import {
  createField,
  createRng,
  type Field,
  type FitProgress,
  fit,
  lbfgs,
  type PointSource,
  siren,
  term,
} from '@neural-fields/core';
import { memory, ready, setBackend, squaredDifference, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.ts';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

/** 400 fixed points of a smooth function of the plane. */
const points = (): PointSource => {
  const rng = createRng(3);
  const coords = Float32Array.from({ length: 800 }, () => 2 * rng.uniform() - 1);
  const value = Float32Array.from(
    { length: 400 },
    (_, i) => Math.sin(3 * coords[2 * i]!) * Math.cos(4 * coords[2 * i + 1]!),
  );
  return {
    inFeatures: 2,
    pointsPerStep: 400,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(2 * start, 2 * (start + count)),
      targets: { value: value.slice(start, start + count) },
    }),
  };
};

describe('lbfgs on simd', () => {
  it('reaches a small loss in few evaluations, deterministically, and leaves no tensors behind', async () => {
    const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 32, hiddenLayers: 1, omega0: 10 });
    const run = async (field: Field): Promise<{ reports: FitProgress[]; parameters: number[] }> => {
      const loss = term({
        points: points(),
        loss: ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor),
      });
      const reports: FitProgress[] = [];
      for await (const progress of fit(field, [loss], { steps: 8, chunkSize: 150, optimizer: lbfgs() }))
        reports.push(progress);
      const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
      return { reports, parameters: parts.flatMap(part => [...part]) };
    };
    const field = createField(spec, { seed: 1 });
    const before = memory().numTensors;
    const { reports, parameters } = await run(field);
    expect(memory().numTensors).toBe(before);
    expect(reports.at(-1)?.loss).toBeLessThan(1e-5);
    expect(reports.reduce((total, { evaluations = 0 }) => total + evaluations, 0)).toBeLessThan(8 * 30);
    const again = createField(spec, { seed: 1 });
    expect((await run(again)).parameters).toEqual(parameters);
    for (const each of [field, again]) each.dispose();
  });
});
