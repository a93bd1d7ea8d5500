/** @file A fit in a worker, which posts the first and the last loss. */
import { adam, createField, fit, siren, term } from '@neural-fields/core';
import { mean, ready, setBackend, squaredDifference, type Tensor } from '@tensorflow/tfjs-core';
import '../../src/index.ts';

await setBackend('webgpu');
await ready();
const x = Float32Array.from({ length: 60 }, (_, i) => -1 + i / 30);
const points = {
  inFeatures: 1,
  pointsPerStep: 60,
  fixed: true,
  draw: () => ({ coords: x.slice(), targets: { value: x.map(at => Math.sin(3 * at)) } }),
};
const task = [
  term({ points, loss: ({ value }, { targets }) => mean(squaredDifference(value, targets['value'] as Tensor), 1) }),
];
const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 0, omega0: 5 }), {
  seed: 1,
});
const losses: number[] = [];
const options = { steps: 40, optimizer: adam({ learningRate: 1e-2 }) };
for await (const { loss } of fit(field, task, options)) losses.push(loss);
postMessage([losses[0], losses.at(-1)]);
