/** @file Many points that share the rows of a hash grid: the sums of their gradients do not depend on chance. */
import { nativeProblem } from '@neural-fields/kernels-native';
import '@neural-fields/kernels-wasm';
import { adam, createField, createRng, fit, mlp, type PointSource, pointwiseLoss, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { encodings, hashGrid, tableGroup } from '../src/index.ts';

const extensions = { layers: encodings };
const rng = createRng(1);
const COUNT = 4000;
const coords = Float32Array.from({ length: 2 * COUNT }, () => 2 * rng.uniform() - 1);
const value = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(9 * (coords[2 * i] as number)));
const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: COUNT,
  fixed: true,
  draw: (start, count) => ({
    coords: coords.slice(2 * start, 2 * (start + count)),
    targets: { value: value.slice(start, start + count) },
  }),
};
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });

/** The table after a few steps. */
const train = async (lazy: boolean): Promise<Float32Array> => {
  const encoding = hashGrid({ levels: 3, baseResolution: 8, finestResolution: 64, log2HashmapSize: 5 });
  const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, activation: { kind: 'relu' } };
  const field = createField(mlp({ ...size, encoding, extensions }), { seed: 1, extensions });
  const options = {
    steps: 4,
    optimizer: adam({ learningRate: 1e-2 }),
    groups: [tableGroup({ lazy })],
    chunkSize: 1500,
  };
  for await (const _ of fit(field, [term({ points, loss })], options));
  const table = Float32Array.from((await field.parameters['layers.0.table']?.data()) as Float32Array);
  field.dispose();
  return table;
};

for (const backend of ['simd', 'native'])
  it(`end in the same bits again on ${backend}`, async context => {
    if (backend === 'native' && nativeProblem !== undefined) return context.skip(nativeProblem);
    await setBackend(backend);
    await ready();
    for (const lazy of [false, true]) expect(await train(lazy)).toEqual(await train(lazy));
  });
