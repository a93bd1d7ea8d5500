/** @file The fit loop with a backend that applies backpressure. `kernels-webgpu` tests a real one. */
import '@tensorflow/tfjs-backend-cpu';
import { engine, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { adam, createField, fit, siren, term } from '../../src/index.ts';
import type { BackpressureBackend } from '../../src/kernels.ts';
import { smoothImage, squaredError } from '../fit/signals.ts';

beforeAll(() => setBackend('cpu'));

const backend = (): Partial<BackpressureBackend> => engine().backend as object as Partial<BackpressureBackend>;

afterEach(() => {
  delete (backend() as { applyBackpressure?: unknown }).applyBackpressure;
});

/** 4 steps with three chunks each, and one report. */
const run = async (signal?: AbortSignal): Promise<void> => {
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0 }), { seed: 1 });
  const task = [term({ points: smoothImage(6), loss: squaredError })];
  const options = { steps: 4, reportEvery: 4, chunkSize: 12, optimizer: adam(), ...(signal && { signal }) };
  try {
    for await (const _ of fit(field, task, options));
  } finally {
    field.dispose();
  }
};

it('is applied after every chunk, and awaited', async () => {
  const events: string[] = [];
  Object.assign(backend(), {
    applyBackpressure: () => {
      events.push('asked');
      if (events.length % 4 !== 1) return undefined;
      return new Promise<void>(resolve => setTimeout(resolve, 5)).then(() => {
        events.push('waited');
      });
    },
  });
  await run();
  expect(events.filter(event => event === 'asked')).toHaveLength(12);
  for (const [index, event] of events.entries()) expect(event === 'waited').toBe(index % 4 === 1);
});

it('ends a fit with the error of its promise', async () => {
  Object.assign(backend(), { applyBackpressure: () => Promise.reject(new Error('the device is gone')) });
  await expect(run()).rejects.toThrow('the device is gone');
});

it('gets the abort signal, which ends the wait', async () => {
  const controller = new AbortController();
  Object.assign(backend(), {
    applyBackpressure: (signal: AbortSignal) =>
      new Promise<void>(resolve => signal.addEventListener('abort', () => resolve())),
  });
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await expect(run(controller.signal)).rejects.toThrow('enough');
});
