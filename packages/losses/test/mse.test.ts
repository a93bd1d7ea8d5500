import '@tensorflow/tfjs-backend-cpu';
import { createField, createRng, fit, type PointSource, siren, type TensorBatch, term } from '@neural-fields/core';
import { mean, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { mse } from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const batch = (value: number[][]): TensorBatch => ({
  coords: tensor2d([[0], [1]]),
  targets: { value: tensor2d(value) },
});

describe('mse', () => {
  it('is the squared difference at each point and output', async () => {
    const losses = mse()(
      {
        value: tensor2d([
          [1, 2],
          [3, 4],
        ]),
      },
      batch([
        [1, 0],
        [0, 5],
      ]),
    );
    expect(await losses.array()).toEqual([
      [0, 4],
      [9, 1],
    ]);
    expect((await mean(losses).data())[0]).toBe(3.5);
  });

  it('computes the PSNR from the mean loss and the data range', () => {
    expect(mse().metrics?.['psnr']?.(0.04)).toBeCloseTo(20, 12);
    expect(mse({ dataRange: 1 }).metrics?.['psnr']?.(0.01)).toBeCloseTo(20, 12);
  });

  it('names the missing target and the expected width', () => {
    const jet = { value: tensor2d([[1], [3]]) };
    expect(() => mse({ target: 'colour' })(jet, batch([[1], [2]]))).toThrow(
      "mse: the points have no target 'colour'; their targets: value",
    );
    expect(() =>
      mse()(
        jet,
        batch([
          [1, 2],
          [2, 3],
        ]),
      ),
    ).toThrow("mse: target 'value' must be [n, 1] as the field's value, got [n, 2]");
    expect(() => mse({ dataRange: 0 })).toThrow(RangeError);
  });

  it('fits a known signal', async () => {
    const count = 64;
    const coords = Float32Array.from({ length: count }, (_, i) => (2 * i) / (count - 1) - 1);
    const value = coords.map(x => Math.sin(4 * x) * 0.8);
    const points: PointSource = {
      inFeatures: 1,
      pointsPerStep: count,
      fixed: true,
      draw: (start, length) => ({
        coords: coords.slice(start, start + length),
        targets: { value: value.slice(start, start + length) },
      }),
    };
    const seed = createRng(3).integer(1000);
    const field = createField(
      siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 10 }),
      {
        seed,
      },
    );
    let psnr = 0;
    for await (const progress of fit(field, [term({ points, loss: mse() })], { steps: 300, reportEvery: 100 }))
      psnr = progress.metrics['psnr'] as number;
    field.dispose();
    expect(psnr).toBeGreaterThan(15);
  });
});
