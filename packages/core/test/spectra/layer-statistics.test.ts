import '@tensorflow/tfjs-backend-cpu';
import { expectClose } from '@neural-fields/testing';
import { memory, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { createField, mlp } from '../../src/index.ts';
import { layerStatistics } from '../../src/spectra.ts';

beforeAll(() => setBackend('cpu'));

it('gives the distributions in each layer, forward and backward', async () => {
  const spec = mlp({
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 2,
    hiddenLayers: 0,
    activation: { kind: 'sine', omega: 2 },
  });
  const parameters = {
    'layers.0.weight': new Float32Array([1, 3]),
    'layers.0.bias': new Float32Array([0.5, 0]),
    'layers.1.weight': new Float32Array([4, -5]),
    'layers.1.bias': new Float32Array([0]),
  };
  const field = createField(spec, { parameters });
  const coords = tensor2d([[0.1], [0.2]]);
  const before = memory().numTensors;
  const [hidden, output] = await layerStatistics(field, coords, { bins: 8 });
  expect(memory().numTensors).toBe(before);
  const close = { absolute: 1e-6 };
  // Rows are points: W x + b, without the omega of the activation.
  expectClose(hidden?.preActivation?.values ?? [], [0.6, 0.3, 0.7, 0.6], close);
  expectClose(hidden?.activation.values ?? [], [1.2, 0.6, 1.4, 1.2].map(Math.sin), close);
  // The output is 4 h1 - 5 h2: that is its derivative with respect to h at every point.
  expectClose(hidden?.activationGradient.values ?? [], [4, -5, 4, -5], close);
  expectClose(
    output?.activation.values ?? [],
    [4 * Math.sin(1.2) - 5 * Math.sin(0.6), 4 * Math.sin(1.4) - 5 * Math.sin(1.2)],
    close,
  );
  expectClose(output?.activationGradient.values ?? [], [1, 1], close);
  expect(hidden?.activation.histogram.counts).toHaveLength(8);
});
