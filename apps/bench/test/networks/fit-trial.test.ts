import '@neural-fields/kernels-wasm';
import { memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { fitTrial } from '../../src/networks/fit-trial.ts';
import { taskNamed } from '../../src/networks/tasks/tasks.ts';
import { TimedFit } from '../../src/networks/timed-fit.ts';
import type { NetworkTrial } from '../../src/networks/trial.ts';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

const trial: NetworkTrial = {
  ...{ task: 'picture', size: 12, network: 'siren', parameters: 2000, frequency: 1, training: 'common' },
  ...{ rate: 3e-3, budget: { steps: 60 }, seed: 0 },
};

const fitted = async (changes: Partial<NetworkTrial>, steps = 60) => {
  const which = { ...trial, ...changes };
  const task = taskNamed(which.task);
  return fitTrial(which, { task, problem: await task.create(which.size), steps, evaluations: 3 });
};

test('a fit has figures on the way and at the end, the spectrum of its error, and a picture', async () => {
  const before = memory().numTensors;
  const { curve, figures, bands, picture, parameters, diverged } = await fitted({});
  expect(diverged).toBeUndefined();
  expect(curve.map(({ step }) => step)).toEqual([20, 40, 60]);
  expect(figures['at']).toBeGreaterThan(30);
  expect(figures['at']).toBeGreaterThan((curve[0]?.figures['at'] as number) + 3);
  expect(figures['between']).toBeLessThan(figures['at'] as number);
  expect(bands?.map(({ to }) => to)).toEqual([1, 2, 4, 8, 16]);
  expect(picture?.startsWith('iVBOR')).toBe(true);
  expect(Math.abs(parameters - 2000)).toBeLessThan(100);
  expect(memory().numTensors).toBe(before);
});

test('a fit that diverges is a result', async () => {
  const { figures, diverged } = await fitted({ rate: 1e6, network: 'relu' });
  expect(figures).toEqual({});
  expect(diverged).toMatch(/finite|loss/);
});

// The figure that says how well a network learns what it is shown.
test.each([
  ['gradients', 'at', 'siren'],
  ['laplacians', 'laplacian', 'siren'],
  ['sdf', 'normals', 'siren'],
  ['inpainting', 'known', 'siren'],
  ['denoising', 'noisy', 'siren'],
  ['volume', 'at', 'siren'],
  ['sound', 'at', 'instant-ngp'],
])('%s is learned', async (task, figure, network) => {
  const { figures, curve } = await fitted({ task, network });
  expect(figures[figure]).toBeGreaterThan(curve[0]?.figures[figure] as number);
});

test('steps are timed', async () => {
  const { task: name, size, network, parameters = 0, training } = trial;
  const task = taskNamed(name);
  const problem = await task.create(size);
  const before = memory().numTensors;
  const timed = { task: name, size, network, parameters, training };
  const timing = await TimedFit.begin(timed, { task, problem, roundSeconds: 0.01 });
  expect(timing.firstStep).toBeGreaterThan(0);
  expect(await timing.time()).toBeGreaterThan(0);
  await timing.dispose();
  expect(memory().numTensors).toBe(before);
});
