/** @file Whole fits on the GPU. */
import {
  adam,
  type CheckpointStore,
  createField,
  createRng,
  type FitOptions,
  fit,
  type PointSource,
  pointwiseLoss,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { kernelsOf } from '../../src/device/kernels.ts';
import { DeviceLostError } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

/** Points of a smooth function in the plane. */
const points = (count: number): PointSource => {
  const rng = createRng(3);
  const coords = Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1);
  const value = Float32Array.from(
    { length: count },
    (_, i) => Math.sin(3 * (coords[2 * i] as number)) * Math.cos(2 * (coords[2 * i + 1] as number)),
  );
  return {
    inFeatures: 2,
    pointsPerStep: count,
    fixed: true,
    draw: (start, length) => ({
      coords: coords.slice(2 * start, 2 * (start + length)),
      targets: { value: value.slice(start, start + length) },
    }),
  };
};

const mse = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const terms = (count: number): readonly Term[] => [term({ points: points(count), loss: mse })];

const run = async (options: Partial<FitOptions>, count = 90): Promise<number[]> => {
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 6 }), {
    seed: 1,
  });
  const losses: number[] = [];
  try {
    for await (const { loss } of fit(field, terms(count), {
      steps: 40,
      optimizer: adam({ learningRate: 5e-3 }),
      ...options,
    }))
      losses.push(loss);
  } finally {
    field.dispose();
  }
  return losses;
};

const memoryStore = (): CheckpointStore => {
  let bytes: Uint8Array | undefined;
  return {
    read: () => Promise.resolve(bytes),
    write: next => {
      bytes = next.slice();
      return Promise.resolve();
    },
  };
};

/** All tests of fits. */
export const fitSuite = (): void => {
  onGpu();

  it('has the training curve of the cpu backend', async () => {
    const gpu = await run({ reportEvery: 10 });
    await setBackend('cpu');
    const cpu = await run({ reportEvery: 10 });
    expect(cpu).toHaveLength(4);
    expect(cpu[3]).toBeLessThan(0.6 * (cpu[0] as number));
    for (const [index, loss] of cpu.entries()) expect(Math.abs((gpu[index] as number) / loss - 1)).toBeLessThan(1e-4);
  });

  it('reads nothing back and submits once a step between reports', async () => {
    // Warm-up: shaders, buffers, and the points on the device.
    await run({ reportEvery: 40, chunkSize: 40 });
    const countsAfter = async (steps: number): Promise<number[]> => {
      const before = backend().counters;
      await run({ steps, reportEvery: steps, chunkSize: 40 });
      const { dispatches, submissions, readBacks } = backend().counters;
      return [dispatches - before.dispatches, submissions - before.submissions, readBacks - before.readBacks];
    };
    const [few, many] = [await countsAfter(10), await countsAfter(30)];
    const perStep = many.map((count, index) => (count - (few[index] as number)) / 20);
    // Three chunks of 12 dispatches: pack, 3 layers, loss, 3 weight gradients, 2 products back, 2 sums; then Adam.
    expect(perStep).toEqual([3 * 12 + 1, 1, 0]);
  });

  it('limits the steps in flight', async () => {
    /** The maximum number of steps that were submitted, with their update, and not known to be finished. */
    const maxObserved = async (maxInFlight: number): Promise<number> => {
      const { queue } = await useBackend({ maxInFlight });
      const optimizer = adam({ learningRate: 5e-3 });
      let [now, most] = [0, 0];
      const update: typeof optimizer.update = input => {
        const next = optimizer.update(input);
        now += 1;
        most = Math.max(most, now);
        void queue.onSubmittedWorkDone().then(() => {
          now -= 1;
        });
        return next;
      };
      await run({ steps: 12, reportEvery: 12, optimizer: { ...optimizer, update } }, 1000);
      expect(now).toBe(0);
      return most;
    };
    expect(await maxObserved(1)).toBe(1);
    expect(await maxObserved(3)).toBeLessThanOrEqual(3);
    // Without a limit, more steps are in flight.
    expect(await maxObserved(Number.POSITIVE_INFINITY)).toBeGreaterThan(6);
    await useBackend();
  });

  it('gives bitwise the same results with and without a limit', async () => {
    await useBackend({ maxInFlight: 1 });
    const bounded = await run({ reportEvery: 10 });
    await useBackend({ maxInFlight: Number.POSITIVE_INFINITY });
    expect(await run({ reportEvery: 10 })).toEqual(bounded);
    await useBackend();
  });

  it('stops waiting for the device on abort', async () => {
    const gpu = await useBackend({ maxInFlight: 1 });
    await run({ steps: 2, reportEvery: 2 });
    const controller = new AbortController();
    let finished = false;
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 64, hiddenLayers: 2 }), {
      seed: 1,
    });
    const coords = tensor2d(new Float32Array(16_000), [8000, 2]);
    const value = field.evaluate(coords);
    kernelsOf(gpu).submit();
    void gpu.queue.onSubmittedWorkDone().then(() => {
      finished = true;
    });
    const wait = gpu.applyBackpressure(controller.signal);
    expect(wait).toBeInstanceOf(Promise);
    controller.abort();
    await wait;
    expect(finished).toBe(false);
    await gpu.applyBackpressure();
    expect(finished).toBe(true);
    for (const tensor of [coords, value]) tensor.dispose();
    field.dispose();
    await useBackend();
  });

  it('does not wait for a lost device', async () => {
    const gpu = await useBackend({ maxInFlight: 1 });
    // Warm-up, so that the fit is running steps when the device is lost.
    await run({ steps: 2, reportEvery: 2 }, 4000);
    const lost = run({ steps: 1000, reportEvery: 1000 }, 4000);
    setTimeout(() => gpu.device.destroy(), 100);
    await expect(lost).rejects.toThrow(DeviceLostError);
    await useBackend();
  });

  it('reports a lost device, and resumes from the last checkpoint on another', async () => {
    const store = memoryStore();
    const checkpoint = { store, everySteps: 10 };
    const lose = async (): Promise<void> => {
      const field = createField(
        siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 6 }),
        {
          seed: 1,
        },
      );
      for await (const { step } of fit(field, terms(90), {
        steps: 40,
        optimizer: adam({ learningRate: 5e-3 }),
        checkpoint,
      }))
        if (step === 25) backend().device.destroy();
    };
    const unbroken = await run({});
    await expect(lose()).rejects.toThrow(DeviceLostError);
    await expect(run({})).rejects.toThrow(/webgpu: the device was lost \(destroyed/);
    await useBackend();
    const resumed = await run({ checkpoint });
    expect(resumed).toHaveLength(20);
    expect(resumed).toEqual(unbroken.slice(20));
  });
};
