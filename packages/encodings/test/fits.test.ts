/** @file With each encoding a small ReLU network learns detail that it does not learn alone. */
import '@tensorflow/tfjs-backend-wasm';
import {
  adam,
  cosine,
  createField,
  fit,
  type LayerSpec,
  mlp,
  type PointLoss,
  type PointSource,
  term,
} from '@neural-fields/core';
import { ready, setBackend, squaredDifference, type Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { encodings, fourierFeatures, gaussianRbf, positionalEncoding } from '../src/index.ts';

beforeAll(async () => {
  await setBackend('wasm');
  await ready();
});

const extensions = { layers: encodings };
const x = Float32Array.from({ length: 96 }, (_, i) => -1 + (2 * i) / 95);
const points: PointSource = {
  inFeatures: 1,
  pointsPerStep: 96,
  fixed: true,
  draw: (start, count) => ({
    coords: x.slice(start, start + count),
    targets: { value: x.slice(start, start + count).map(at => Math.sin(20 * at)) },
  }),
};
const loss: PointLoss = ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor2D);
const task = term({ points, loss });

/** The mean squared error after training; that of a zero field is 0.5. */
const errorBehind = async (encoding?: LayerSpec): Promise<number> => {
  const size = { inFeatures: 1, outFeatures: 1, hiddenFeatures: 24, hiddenLayers: 1, activation: { kind: 'relu' } };
  const field = createField(mlp({ ...size, ...(encoding && { encoding }), extensions }), { seed: 2, extensions });
  const options = { steps: 300, optimizer: adam({ learningRate: 5e-3 }), schedule: cosine(), reportEvery: 300 };
  let last = Number.NaN;
  for await (const progress of fit(field, [task], options)) last = progress.loss;
  field.dispose();
  return last;
};

it('a ReLU network alone does not learn a frequency of 20', async () => {
  expect(await errorBehind()).toBeGreaterThan(0.1);
});

it.each([
  { name: 'positional encoding', encoding: positionalEncoding({ octaves: 4 }) },
  { name: 'Fourier features', encoding: fourierFeatures({ features: 16, scale: 2, seed: 1 }) },
  { name: 'learned Gaussians', encoding: gaussianRbf({ features: 32, sigma: 0.1 }) },
  { name: 'frozen Gaussians', encoding: gaussianRbf({ features: 32, sigma: 0.1, learnable: [], seed: 1 }) },
])('a ReLU network with $name does', async ({ encoding }) => {
  expect(await errorBehind(encoding)).toBeLessThan(0.05);
});
