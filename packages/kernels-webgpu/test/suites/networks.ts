/**
 * @file Networks of all kinds of operations: the contract of all kernels, and the further guarantees of this backend.
 */
import { createField, type Field, type LayerSpec, parseSpec } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import {
  columns,
  concat,
  constantArray,
  constantFeatures,
  custom,
  grid,
  type LayerDefinition,
  type LayerJet,
  linear,
  product,
  sum,
} from '@neural-fields/core/layers';
import { expectLossParity, expectParity, measure, networksContract, pointsFor } from '@neural-fields/kernel-contract';
import { engine, fill } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

const waves =
  (seed: number, length: number, scale = 1) =>
  (): Float32Array =>
    Float32Array.from({ length }, (_, i) => scale * Math.sin(seed + 1.7 * i));

const dense = (outFeatures: number, activation: LayerSpec = { kind: 'identity' }): LayerSpec =>
  ({
    kind: 'dense',
    outFeatures,
    activation,
    weightInitialiser: { kind: 'xavier-normal' },
    biasInitialiser: { kind: 'pytorch-linear' },
  }) as LayerSpec;

/**
 * A table of two levels that is looked up at the input and at the input with permuted features, so that both contribute
 * to its gradient.
 */
const sharedTable: LayerDefinition = {
  kind: 'shared-table',
  apply(input, { parameter }) {
    const table = parameter('table', { shape: [41, 2], initialise: waves(3, 82) });
    const levels = [
      { resolution: 4, firstRow: 0, rows: 25, hashed: false },
      { resolution: 9, firstRow: 25, rows: 16, hashed: true },
    ];
    return concat([grid(input, table, levels), grid(columns(input, [1, 0]), table, levels)]);
  },
};

/** The same matrix multiplies twice, and its columns are added and multiply: all of them add to its gradient. */
const reused: LayerDefinition = {
  kind: 'reused',
  apply(input, { parameter }) {
    const { features } = input;
    const matrix = parameter('matrix', { shape: [features, features], initialise: waves(1, features ** 2, 0.4) });
    const once = linear(input, matrix);
    const twice = linear(once, matrix, parameter('bias', { shape: [features], initialise: waves(2, features) }));
    return sum([product(twice, constantFeatures(input, matrix, 1)), once, constantFeatures(input, matrix, 0)]);
  },
};

/** Two custom operations without kernels, each read by several operations, and an operation with seven inputs. */
const unknown: LayerDefinition = {
  kind: 'unknown',
  apply(input) {
    const rule = ({ inputs: [jet] }: { readonly inputs: readonly LayerJet[] }): LayerJet => jet as LayerJet;
    const [a, b] = [custom([input], { outFeatures: 2, rule }), custom([input], { outFeatures: 2, rule })];
    return concat([product(a, b), sum([a, b, a, b, a, b, a]), b, a, columns(a, [1]), input, columns(b, [0, 0]), a]);
  },
};

/** Frequencies that are not learned. */
const fixed: LayerDefinition = {
  kind: 'fixed',
  apply: input => linear(input, constantArray([input.features, 20], waves(4, 20 * input.features))),
};

const extensions = { layers: [sharedTable, reused, unknown, fixed] };

const fieldOf = (...layers: readonly LayerSpec[]): Field =>
  createField(parseSpec({ inFeatures: 2, layers }, extensions), { seed: 5, extensions });

const tanh = { kind: 'tanh' };

const branches = (kind: string, ...all: readonly LayerSpec[]): LayerSpec => ({ kind, branches: all }) as LayerSpec;

/**
 * Checks matrix products combined with other operations; quick enough for shaders that are slow to compile.
 */
export const smallNetworksSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);

  it('agrees with the composed one around sums, products and fixed frequencies', async () => {
    const field = fieldOf(
      { kind: 'fixed' },
      branches('sum', { kind: 'identity' }, dense(20, tanh)),
      branches('product', dense(20, { kind: 'sine' }), { kind: 'identity' }),
      dense(2),
    );
    await expectParity({ backend: 'webgpu', field, points: 70, request: { laplacian: true }, relative: 4e-5 });
  });
};

/** All tests of networks. */
export const networksSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  networksContract({
    backend: 'webgpu',
    fuses: ['linear', 'elementwise', 'concat', 'sum', 'product', 'columns', 'constant', 'grid'],
    // The software adapter is slow to compile every network.
    exhaustive: false,
    fusesBlocks: false,
  });

  const mixed = (): Field => fieldOf({ kind: 'shared-table' }, dense(6, tanh), { kind: 'reused' }, dense(2));

  it('sums the gradients of parameters that several operations use', () =>
    expectParity({ backend: 'webgpu', field: mixed(), points: 150, request: { laplacian: true }, relative: 4e-5 }));

  it('sums them over batches', async () => {
    await useBackend({ ...options, batchBytes: 2 ** 16 });
    await expectParity({ backend: 'webgpu', field: mixed(), points: 300, request: { gradient: true }, relative: 4e-5 });
    await useBackend(options);
  });

  it('takes several jets, and more inputs than a shader binds', () =>
    expectParity({
      backend: 'webgpu',
      field: fieldOf({ kind: 'unknown' }, dense(5, tanh), dense(1)),
      points: 20,
      request: { gradient: true, hessian: true },
      fused: 'part',
    }));

  it.each(['softplus', 'identity'])('has the loss behind any operation: %s', async kind => {
    await useBackend({ ...options, batchBytes: 2 ** 16 });
    const last = branches('sum', dense(2, { kind }), dense(2, tanh));
    await expectLossParity(
      'webgpu',
      {
        field: () => fieldOf({ kind: 'shared-table' }, dense(6, tanh), { kind: 'reused' }, last),
        points: 140,
        derivatives: { gradient: true },
        loss: {
          errors: [
            { of: 'value', target: 'value' },
            { of: 'gradient', factor: 0.1 },
          ],
          penalty: squared,
        },
      },
      4e-5,
    );
    await useBackend(options);
  });

  it('needs one dispatch per operation forward, and one per input and parameter backward', async () => {
    const field = fieldOf(branches('product', dense(5, tanh), dense(5, tanh)), dense(1));
    await measure('webgpu', field, pointsFor(field, 9), {});
    const before = backend().counters.dispatches;
    await measure('webgpu', field, pointsFor(field, 9), {});
    // Two forward passes: pack, 4 operations, unpack. Backward: first step; weight and input of the last layer; both
    // factors; for each of them its activation, weight and input; unpack; sum.
    expect(backend().counters.dispatches - before).toBe(2 * 6 + 1 + 2 + 2 + 2 * 3 + 2);
  });

  it('takes networks without parameters', () =>
    expectParity({ backend: 'webgpu', field: fieldOf({ kind: 'fixed' }), points: 5, request: { gradient: true } }));

  it('leaks neither tensors nor memory over 5 steps', async () => {
    const field = mixed();
    const coords = pointsFor(field, 30);
    await measure('webgpu', field, coords, { gradient: true });
    await measure('webgpu', field, coords, { gradient: true });
    const used = (): unknown[] => [engine().memory().numTensors, engine().memory().numBytes, backend().scratchBytes];
    const before = used();
    for (let step = 0; step < 5; step++) await measure('webgpu', field, coords, { gradient: true });
    expect(used()).toEqual(before);
  });

  it('has a NaN gradient of a table if the upstream gradient is NaN', async () => {
    const field = fieldOf({ kind: 'shared-table' }, dense(1));
    const { 'layers.1.weight': weight } = field.parameters;
    weight?.assign(fill(weight.shape, Number.NaN));
    const { parameters } = await measure('webgpu', field, pointsFor(field, 5), {});
    expect(parameters['layers.0.table']?.every(Number.isNaN)).toBe(true);
  });
};
