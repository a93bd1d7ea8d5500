/**
 * @file The products on tiles of bf16, on emulated registers and on real ones: against float64, and in every shape
 *   that fills tiles in part, against the composed implementation.
 */
import {
  adam,
  createField,
  createFieldBatch,
  createRng,
  type DerivativeRequest,
  type Field,
  fit,
  type PointSource,
  parseSpec,
  pointwiseLoss,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { expectParity, measure, pointsFor } from '@neural-fields/kernel-contract';
import { expectCloseInNorm, fieldJet, relativeError } from '@neural-fields/testing';
import { findBackend, setBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { NativeBackend } from '../src/index.ts';
import { onTiles } from './native-backend.ts';

const fieldOf = (inFeatures: number, ...widths: readonly number[]): Field => {
  const layers = [...widths, 2].map((outFeatures, index) => ({
    kind: 'dense',
    outFeatures,
    activation: index === widths.length ? { kind: 'identity' } : { kind: 'sine', omega: 3 },
    weightInitialiser: { kind: 'xavier-normal' },
    biasInitialiser: { kind: 'pytorch-linear' },
  }));
  return createField(parseSpec({ inFeatures, layers }), { seed: 3 });
};

const EVERYTHING: DerivativeRequest = { gradient: true, laplacian: true };

onTiles(precision => {
  // Three products of parts leave out 2^-17 of each.
  const slack = precision === 'high' ? 40 : 1;

  it('agrees with float64 in all orders', async () => {
    const field = fieldOf(2, 96, 80);
    const coords = pointsFor(field, 24);
    const { jet } = await measure('native', field, coords, EVERYTHING);
    const parameters = Object.fromEntries(
      await Promise.all(Object.entries(field.parameters).map(async ([name, values]) => [name, await values.data()])),
    );
    const exact = Array.from({ length: 24 }, (_, i) =>
      fieldJet(field.spec as never, parameters, coords.subarray(2 * i, 2 * i + 2)),
    );
    const errors = {
      value: relativeError(
        jet['value'] as Float32Array,
        exact.flatMap(({ value }) => value),
      ),
      gradient: relativeError(
        jet['gradient'] as Float32Array,
        exact.flatMap(({ gradient }) => gradient.flat()),
      ),
      laplacian: relativeError(
        jet['laplacian'] as Float32Array,
        exact.flatMap(({ hessian }) =>
          [0, 1].map(o => hessian.reduce((sum, row, k) => sum + (row[k]?.[o] as number), 0)),
        ),
      ),
    };
    if (precision === 'high') {
      // Less exact than float32, which shows that these are other kernels.
      for (const error of Object.values(errors)) expect(error).toBeGreaterThan(2e-6);
      for (const error of Object.values(errors)) expect(error).toBeLessThan(5e-5);
    }
    // 3.6e-7, 4.7e-7 and 4.7e-7, as by vectors.
    else for (const error of Object.values(errors)) expect(error).toBeLessThan(2e-6);
  });

  it.each([
    { widths: [48, 48], points: 1 },
    { widths: [48, 65], points: 16 },
    { widths: [80, 130, 115], points: 33 },
    { widths: [112, 272], points: 131 },
    { widths: [600, 50], points: 20 },
    { widths: [50, 1030, 48], points: 70 },
  ])('agrees with the composed one: %o', async ({ widths, points }) => {
    const field = fieldOf(2, ...widths);
    await expectParity({ backend: 'native', field, points, request: EVERYTHING, relative: slack * 2e-5 });
  });

  it('fits many fields as the composed one', async () => {
    const results = [];
    for (const backend of ['native', 'cpu']) {
      await setBackend(backend);
      const batch = createFieldBatch(fieldOf(2, 64, 64).spec, { count: 3, seed: 5 });
      const points: PointSource = {
        inFeatures: 2,
        pointsPerStep: 70,
        fixed: true,
        draw: (_start, count) => {
          const rng = createRng(9);
          return {
            coords: Float32Array.from({ length: 2 * count }, () => rng.uniform()),
            targets: { value: Float32Array.from({ length: 2 * count }, () => rng.normal()) },
          };
        },
      };
      const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
      for await (const _ of fit(batch, [term({ points, loss })], {
        steps: 3,
        optimizer: adam({ learningRate: 1e-3 }),
      }));
      const values = await Promise.all(Object.values(batch.parameters).map(each => each.data()));
      results.push(values.flatMap(part => [...part]));
      batch.dispose();
    }
    const [actual = [], expected = []] = results;
    expect(actual).toHaveLength(3 * (3 * 64 + 65 * 64 + 65 * 2));
    expectCloseInNorm(actual, expected, { relative: slack * 1e-4 });
  });

  it('is named in checkpoints', () => {
    expect((findBackend('native') as NativeBackend).numerics).toEqual({
      threads: '2',
      instructions: precision === 'high' ? 'AMX high' : 'AMX',
    });
  });
});
