import { expect, test } from 'vitest';
import { adam, createField, fit, selectBackend, siren, term } from '../../src/index.ts';
import { smoothImage, squaredError } from '../fit/signals.ts';
import { importWebgpu } from './setup-backends.ts';

test.each(['wasm', 'webgl', 'webgpu'])('a field learns a signal on %s', async backend => {
  if (backend === 'webgpu') await importWebgpu();
  expect((await selectBackend(backend)).name).toBe(backend);
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 10 }), {
    seed: 1,
  });
  const losses: number[] = [];
  const terms = [term({ points: smoothImage(12), loss: squaredError })];
  for await (const { loss } of fit(field, terms, {
    steps: 30,
    reportEvery: 10,
    optimizer: adam({ learningRate: 2e-3 }),
  }))
    losses.push(loss);
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(0.3 * (losses[0] as number));
  field.dispose();
});
