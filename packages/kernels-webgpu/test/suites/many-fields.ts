/** @file Many fields at once: the contract of all kernels, and the further guarantees of this backend. */
import {
  type ActivationSpec,
  type FieldSpec,
  type LayerSpec,
  parseSpec,
  siren,
  superGaussian,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { type BatchNetwork, batchNetworkOf, type KernelLoss, networkOf } from '@neural-fields/core/kernels';
import {
  type BatchCase,
  type BatchValues,
  composeBatchLoss,
  manyFieldsContract,
  measureBatch,
  measureBatchLoss,
} from '@neural-fields/kernel-contract';
import { expectCloseInNorm, maxAbsolute } from '@neural-fields/testing';
import { setBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

const dense = (outFeatures: number, activation: ActivationSpec): LayerSpec =>
  ({
    kind: 'dense',
    outFeatures,
    activation,
    weightInitialiser: { kind: 'xavier-normal' },
    biasInitialiser: { kind: 'pytorch-linear' },
  }) as LayerSpec;

const wavesOf = (hiddenLayers: number): FieldSpec =>
  siren({ inFeatures: 2, hiddenFeatures: 21, hiddenLayers, outFeatures: 2, omega0: 4, omegaHidden: 4 });
const waves = wavesOf(1);

/** Learned activations between two layers, and at the end. */
const bells: FieldSpec = parseSpec({
  inFeatures: 2,
  layers: [
    dense(18, superGaussian({ sigma: 0.7, b: 1.5, learnable: ['sigma', 'b'] })),
    dense(2, superGaussian({ sigma: 1.2, b: 1.1, learnable: ['sigma', 'b'] })),
  ],
});

const loss: KernelLoss = {
  blocks: [
    { factor: 1, target: { index: 0, column: 0 } },
    { factor: 0.1 },
    { factor: 0.1, target: { index: 0, column: 0 } },
  ],
  penalty: squared,
  targetWidths: [2, 1],
  weight: 1,
};

const request = { gradient: true } as const;

/** Compares sums over points and fields, which are computed in different orders. */
const expectSame = (actual: BatchValues, expected: BatchValues): void => {
  for (const [name, values] of Object.entries(expected))
    expectCloseInNorm(actual[name] as Float32Array, values, { absolute: 5e-5 * maxAbsolute(values) + 1e-5 }, name);
};

/**
 * Compares jets, losses and gradients with those of one field after the other.
 *
 * @returns the dispatches of the jets and their backward pass, and of the loss
 */
const expectParity = async (one: BatchCase): Promise<[jets: number, loss: number]> => {
  await setBackend('webgpu');
  const before = backend().counters.dispatches;
  const jets = await measureBatch('webgpu', one);
  const between = backend().counters.dispatches;
  const losses = await measureBatchLoss('webgpu', one, loss);
  const after = backend().counters.dispatches;
  expectSame(jets, await measureBatch('cpu', one));
  expectSame(losses, await composeBatchLoss('cpu', one, loss));
  return [between - before, after - between];
};

const all = (spec: FieldSpec, count: number): BatchNetwork => batchNetworkOf(networkOf(spec), count);

/** Checks matrix products for many fields; quick enough for shaders that are slow to compile. */
export const smallManyFieldsSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);

  it.each([
    ['all parameters', undefined],
    ['the biases', [{ role: 'bias' }]],
  ] as const)('gives each field the same results as alone, with per-field parameters: %s', async (_, own) => {
    // A wide product with few inputs, and a narrow one with more than a step takes.
    const batch = batchNetworkOf(networkOf(wavesOf(0)), 3, own);
    await expectParity({ batch, request, points: 70, isShared: true });
  });
};

/** All tests of many fields. */
export const manyFieldsSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  // The software adapter is slow to compile every network.
  manyFieldsContract({ backend: 'webgpu', together: true, exhaustive: false, fusesBlocks: false });

  it('gives each field its value without derivatives', async () => {
    const one = { batch: all(waves, 3), request: {}, points: 50, isShared: false };
    expectSame(await measureBatch('webgpu', one), await measureBatch('cpu', one));
  });

  it('needs as many dispatches for nine fields as for two', async () => {
    const dispatches = (count: number, own?: Parameters<typeof batchNetworkOf>[2]): Promise<[number, number]> =>
      expectParity({ batch: batchNetworkOf(networkOf(waves), count, own), request, points: 40, isShared: false });
    expect(await dispatches(9)).toEqual(await dispatches(2));
    const own = [{ role: 'bias' }];
    expect(await dispatches(9, own)).toEqual(await dispatches(2, own));
  });

  it.each([
    ['one of its parameters', [{ role: 'activation.b' }]],
    ['the other one and the biases', [{ role: 'activation.sigma' }, { role: 'bias' }]],
    ['both', [{ role: 'activation.sigma' }, { role: 'activation.b' }]],
  ] as const)('learns per-field parameters of an activation: %s', async (_, own) => {
    await expectParity({ batch: batchNetworkOf(networkOf(bells), 4, own), request, points: 90, isShared: false });
  });

  it.each([
    ['some fields at a time', 100, 3],
    ['parts of the points of each', 700, 15],
  ] as const)('divides the work into batches: %s', async (_, points, batches) => {
    // Per-field and shared parameters, in batches of some hundred points.
    const own = [{ role: 'weight' }];
    // On one device and then on the other, which compiles everything anew.
    const dispatchesOf = async (given: WebgpuBackendOptions): Promise<number[]> => {
      await useBackend(given);
      const all: number[] = [];
      for (const isShared of [false, true]) {
        const [, dispatches] = await expectParity({
          batch: batchNetworkOf(networkOf(waves), 5, own),
          request,
          points,
          isShared,
        });
        all.push(dispatches);
      }
      return all;
    };
    const divided = await dispatchesOf({ ...options, batchBytes: 2 ** 19 });
    expect(divided).toEqual((await dispatchesOf(options)).map(atOnce => batches * atOnce));
  });
};
