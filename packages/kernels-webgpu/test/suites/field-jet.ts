/** @file The fused field jet: the contract of all kernels, and the further guarantees of this backend. */
import { createField, type Field, mlp, siren } from '@neural-fields/core';
import { coreActivations } from '@neural-fields/core/layers';
import { expectParity, fieldJetContract, measure, measuredWeight, pointsFor } from '@neural-fields/kernel-contract';
import {
  expectCloseInNorm,
  maxAbsolute,
  type OracleField,
  PARAMETER_GRADIENT,
  parameterGradient,
} from '@neural-fields/testing';
import { engine } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

/**
 * The gradient of the function that {@link measure} differentiates if the gradient and the Laplacian are requested, by
 * Taylor arithmetic and differences in float64.
 */
const gradientsInFloat64 = async (field: Field, points: readonly number[][]): Promise<Record<string, Float64Array>> => {
  const layers = field.spec.layers as OracleField['layers'];
  const parameters = Object.fromEntries(
    await Promise.all(Object.entries(field.parameters).map(async ([name, variable]) => [name, await variable.data()])),
  );
  const weighted = (values: readonly number[]): number =>
    values.reduce((total, value, i) => total + value * measuredWeight(i), 0);
  return parameterGradient({ inFeatures: field.inFeatures, layers }, parameters, points, jets => {
    const value = jets.flatMap(jet => [...jet.value]);
    const gradient = jets.flatMap(jet => jet.gradient.flat());
    const laplacian = jets.flatMap(({ value, hessian }) =>
      value.map((_, o) => hessian.reduce((sum, row, k) => sum + (row[k]?.[o] as number), 0)),
    );
    return weighted(value) + weighted(gradient) + weighted(laplacian);
  });
};

/** Checks a few networks; quick enough for shaders that are slow to compile. */
export const smallFieldJetSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);

  // Wider than a tile, so that there are several tiles; the first and the last layer are narrow. Without derivatives a
  // thread has more points, which takes longer to compile: the layers between are left to the Laplacian.
  it.each([
    { request: {}, hiddenLayers: 0 },
    { request: { laplacian: true }, hiddenLayers: 1 },
  ])('agrees with the composed one for $request', async ({ request, hiddenLayers }) => {
    const size = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 70, hiddenLayers, omegaHidden: 5 };
    const field = createField(siren({ ...size, omega0: 5 }), { seed: 4 });
    await expectParity({ backend: 'webgpu', field, points: 140, request });
  });

  it('sums the gradient of a learned parameter over workgroups', async () => {
    const activation = { kind: 'finer', omega: 1.5, learnable: ['omega'] };
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 20, hiddenLayers: 0 };
    const field = createField(mlp({ ...size, activation }), { seed: 4 });
    await expectParity({ backend: 'webgpu', field, points: 300, request: { gradient: true }, relative: 5e-5 });
  });
};

/** All tests of the fused field jet. */
export const fieldJetSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  // The software adapter is slow to compile every network.
  fieldJetContract({ backend: 'webgpu', exhaustive: false });

  const learnable = coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) =>
    parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : [],
  );

  it.each(learnable)('has the derivatives of float64 arithmetic with learned parameters of $kind', async activation => {
    const values = Object.fromEntries(activation.learnable.map((name, i) => [name, 0.75 + i / 2]));
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 0 };
    const field = createField(mlp({ ...size, activation: { ...activation, ...values } }), { seed: 9 });
    const coords = pointsFor(field, 6);
    const points = Array.from({ length: 6 }, (_, i) => [...coords.slice(2 * i, 2 * i + 2)]);
    const { parameters } = await measure('webgpu', field, coords, { gradient: true, laplacian: true });
    const exact = await gradientsInFloat64(field, points);
    const all = Math.max(...Object.values(exact).map(maxAbsolute));
    for (const name of activation.learnable.map(name => `layers.0.activation.${name}`))
      expectCloseInNorm(
        parameters[name] as Float32Array,
        exact[name] as Float64Array,
        { absolute: (PARAMETER_GRADIENT.relative as number) * all },
        name,
      );
  });

  it('takes more points than a batch', async () => {
    const gpu = await useBackend({ ...options, batchBytes: 2 ** 17 });
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 5 }), {
      seed: 2,
    });
    const before = gpu.counters.dispatches;
    await expectParity({ backend: 'webgpu', field, points: 601, request: { gradient: true } });
    // 3 batches: two forward passes of 4 dispatches, and a backward pass of 7, which recomputes 3 of the forward pass.
    expect(gpu.counters.dispatches - before).toBe(3 * (4 + 4 + 3 + 7));
    field.dispose();
    await useBackend(options);
  });

  it('reuses the activations of the forward pass', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 1,
    });
    await measure('webgpu', field, pointsFor(field, 9), {});
    const before = backend().counters.dispatches;
    await measure('webgpu', field, pointsFor(field, 9), {});
    // Two forward passes, 5 dispatches each: pack, 3 layers, unpack. The backward pass: first step, twice 3 products,
    // unpack, sum.
    expect(backend().counters.dispatches - before).toBe(5 + 5 + 9);
  });

  it('does not reuse the activations of another evaluation', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 1,
    });
    const other = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 2,
    });
    const coords = pointsFor(field, 9);
    const first = await measure('webgpu', field, coords, {});
    await measure('webgpu', other, coords, {});
    expect(await measure('webgpu', field, coords, {})).toEqual(first);
  });

  it('leaks neither tensors nor memory over 10 steps', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 1,
    });
    const coords = pointsFor(field, 30);
    await measure('webgpu', field, coords, { laplacian: true });
    await measure('webgpu', field, coords, { laplacian: true });
    const used = (): unknown[] => [engine().memory().numTensors, engine().memory().numBytes, backend().scratchBytes];
    const before = used();
    for (let step = 0; step < 10; step++) await measure('webgpu', field, coords, { laplacian: true });
    expect(used()).toEqual(before);
  });
};
