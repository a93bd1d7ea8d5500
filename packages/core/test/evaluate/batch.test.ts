import { type Tensor, type Tensor1D, tensor1d, tensor2d, tensor3d, tidy } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { createRng, siren } from '@neural-fields/core';
import { describe, expect, it } from 'vitest';
import { evaluateBatchNetwork, evaluateNetwork } from '../../src/evaluate/evaluate.ts';
import { type BatchNetwork, batchNetworkOf } from '../../src/spec/batch-network.ts';
import { networkOf } from '../../src/spec/network.ts';
import { parseSpec } from '../../src/spec/spec.ts';

const spec = parseSpec(siren({ inFeatures: 2, hiddenFeatures: 8, hiddenLayers: 1, outFeatures: 3 }));
const COUNT = 3;

const initial = ({ layout }: BatchNetwork): Tensor1D => {
  const rng = createRng(1);
  const flat = new Float32Array(layout.size);
  for (const { name, offset, initialise } of layout.entries) flat.set(initialise(rng.fork(name)), offset);
  return tensor1d(flat);
};

/** The parameters of field f as the flat vector of its own layout. */
const flatOf = (batch: BatchNetwork, flat: Float32Array, f: number): Tensor1D => {
  const { single, isOwn, layout } = batch;
  const parts = single.layout.entries.map(({ size, index }) => {
    const all = layout.view(flat, layout.entries[index]?.name as string);
    return isOwn[index] ? all.slice(f * size, (f + 1) * size) : all;
  });
  return tensor1d(parts.flatMap(part => [...part]));
};

const coordsOf = (count: number): Float32Array => {
  const rng = createRng(2);
  return Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1);
};

describe('many fields of one network', () => {
  for (const [what, own] of [
    ['all parameters of their own', undefined],
    ['the first bias of their own', [{ layer: 'layers.0', role: 'bias' }]],
  ] as const)
    for (const points of ['shared', 'own'] as const)
      it(`gives with ${what} and ${points} points the same jets as each field alone`, () => {
        const batch = batchNetworkOf(networkOf(spec), COUNT, own);
        const flat = initial(batch);
        const n = 5;
        const data = coordsOf(points === 'own' ? COUNT * n : n);
        const coords = points === 'own' ? tensor3d(data, [COUNT, n, 2]) : tensor2d(data, [n, 2]);
        const request = { gradient: true, laplacian: true } as const;
        const all = evaluateBatchNetwork(batch, flat, coords, request);
        const numbers = flat.dataSync() as Float32Array;
        for (let f = 0; f < COUNT; f++) {
          const own2d = points === 'own' ? data.slice(f * n * 2, (f + 1) * n * 2) : data;
          const one = evaluateNetwork(batch.single, flatOf(batch, numbers, f), tensor2d(own2d, [n, 2]), request);
          for (const part of ['value', 'gradient', 'laplacian'] as const) {
            const got = (all[part] as Tensor).dataSync() as Float32Array;
            const size = got.length / COUNT;
            expect(got.slice(f * size, (f + 1) * size)).toEqual((one[part] as Tensor).dataSync());
          }
        }
      });

  it('gives empty jets for zero points', () => {
    const batch = batchNetworkOf(networkOf(spec), COUNT);
    const { value } = tidy(() => evaluateBatchNetwork(batch, initial(batch), tensor3d([], [COUNT, 0, 2]), {}));
    expect(value.shape).toEqual([0, 3]);
  });

  it('rejects counts, parameters and points that do not fit', () => {
    const single = networkOf(spec);
    expect(() => batchNetworkOf(single, 0)).toThrow('count must be a positive integer, got 0');
    expect(() => batchNetworkOf(single, 2, [{ role: 'latent' }])).toThrow('own[0] must match parameters of the field');
    const batch = batchNetworkOf(single, COUNT);
    expect(() => evaluateBatchNetwork(batch, initial(batch), tensor3d([0, 0], [1, 1, 2]), {})).toThrow(
      'coords must be [n, 2] or [3, n, 2], got [1, 1, 2]',
    );
  });
});
