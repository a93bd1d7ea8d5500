/** @file The fused field jet: the contract of all kernels, and the further guarantees of this backend. */
import { createField, createRng, type FieldSpec, mlp, siren } from '@neural-fields/core';
import { expectParity, fieldJetContract, measure, measuredWeight, pointsFor } from '@neural-fields/kernel-contract';
import { centralDifference, fieldJet, type OracleField } from '@neural-fields/testing';
import { engine, ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SimdBackend } from '../../src/index.ts';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('the fused field jet', () => {
  fieldJetContract({ backend: 'simd', exhaustive: true, manyPoints: 20_001 });

  // Wider than a register of the formula interpreter.
  it.each([{ kind: 'sine', omega: 1 }, { kind: 'tanh' }, { kind: 'gaussian', sigma: 0.7, learnable: ['sigma'] }])(
    'takes any width: $kind',
    async activation => {
      const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 1030, hiddenLayers: 1 };
      const field = createField(mlp({ ...size, activation }), { seed: 2 });
      for (const request of [{}, { gradient: true }, { laplacian: true }])
        await expectParity({ backend: 'simd', field, points: 3, request, relative: 1e-4 });
    },
  );

  const oracleOf = (spec: FieldSpec): OracleField => ({
    inFeatures: spec.inFeatures,
    layers: spec.layers.map(layer => ({ ...(layer as OracleField['layers'][number]), bias: true })),
  });

  it.each([
    { omega: 5, request: {} },
    { omega: 5, request: { gradient: true } },
    { omega: 5, request: { laplacian: true } },
    { omega: 30, request: {} },
  ] as const)(
    'has parameter gradients within 5e-6 of float64 at width 32: $omega, $request',
    async ({ omega, request }) => {
      const spec = siren({
        inFeatures: 2,
        outFeatures: 1,
        hiddenFeatures: 32,
        hiddenLayers: 2,
        omega0: omega,
        omegaHidden: omega,
      });
      const field = createField(spec, { seed: 7 });
      const n = 3;
      const coords = pointsFor(field, n);
      const measured = await measure('simd', field, coords, request);
      const parameters = Object.fromEntries(
        await Promise.all(
          Object.entries(field.parameters).map(
            async ([name, variable]) => [name, Float64Array.from(await variable.data())] as const,
          ),
        ),
      );
      const points = Array.from({ length: n }, (_, i) => coords.subarray(2 * i, 2 * i + 2));
      // The loss of `measure`, from float64 jets.
      const lossNow = (): number => {
        const jets = points.map(point => fieldJet(oracleOf(spec), parameters, point));
        const parts = [
          jets.map(({ value }) => value[0] as number),
          ...('gradient' in request ? [jets.flatMap(({ gradient }) => gradient.map(row => row[0] as number))] : []),
          ...('laplacian' in request
            ? [jets.map(({ hessian }) => (hessian[0]?.[0]?.[0] as number) + (hessian[1]?.[1]?.[0] as number))]
            : []),
        ];
        return parts.reduce((total, part) => total + part.reduce((s, x, i) => s + measuredWeight(i) * x, 0), 0);
      };
      const step = 1e-3 / omega;
      const rng = createRng(5);
      const actual: number[] = [];
      const expected: number[] = [];
      for (const [name, values] of Object.entries(parameters))
        for (let pick = 0; pick < 4; pick++) {
          const i = Math.floor(rng.uniform() * values.length);
          expected.push(centralDifference(values, i, { step, of: lossNow }));
          actual.push(measured.parameters[name]?.[i] as number);
        }
      const norm = (values: readonly number[]): number => Math.hypot(...values);
      expect(norm(actual.map((a, i) => a - (expected[i] as number))) / norm(expected)).toBeLessThan(5e-6);
    },
  );

  it('leaks neither tensors nor memory over 500 steps', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 32, hiddenLayers: 1 }), {
      seed: 1,
    });
    const coords = pointsFor(field, 300);
    const { kernels } = engine().backend as SimdBackend;
    await measure('simd', field, coords, { laplacian: true });
    const before = [engine().memory().numTensors, engine().memory().numBytes, kernels.arena.memory.buffer.byteLength];
    for (let step = 0; step < 500; step++) await measure('simd', field, coords, { laplacian: true });
    expect([engine().memory().numTensors, engine().memory().numBytes, kernels.arena.memory.buffer.byteLength]).toEqual(
      before,
    );
  });
});
