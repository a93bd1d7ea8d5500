/**
 * @file What only backends on a device have: work that continues after a call returns, host time separate from device
 *   time, and the rate of the device.
 */
import { adam, createField, createRng, fit, mlp } from '@neural-fields/core';
import type { FieldsWebgpuBackend } from '@neural-fields/kernels-webgpu';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine, tensor2d } from '@tensorflow/tfjs-core';
import type { Problem, StepDemands } from '../protocol.ts';
import { median } from '../speed/statistics.ts';
import type { DeviceCounter } from './device-requests.ts';
import { createTask } from './field-task.ts';
import type { DeviceSide } from './peer.ts';

/** What the current backend may support. */
type Backend = WebGPUBackend &
  Partial<Pick<FieldsWebgpuBackend, 'scratchBytes'>> & { applyBackpressure?: ApplyBackpressure };
type ApplyBackpressure = (signal?: AbortSignal) => Promise<void> | undefined;

const backendInUse = (): Backend => engine().backend as Backend;

/** Submits the recorded work to the device, and waits until all of it is done. */
export const finishDeviceWork = async (): Promise<void> => {
  const backend = backendInUse();
  backend.endComputePassEncoder();
  backend.ensureCommandEncoderReady();
  backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
};

/** Adds up how long the fit loop waits for the device, to subtract it from the time of the host. */
const countWaits = (): { readonly milliseconds: () => number; readonly stop: () => void } => {
  const backend = backendInUse();
  const { applyBackpressure } = backend;
  let milliseconds = 0;
  if (applyBackpressure)
    backend.applyBackpressure = signal => {
      const begin = performance.now();
      return applyBackpressure.call(backend, signal)?.finally(() => {
        milliseconds += performance.now() - begin;
      });
    };
  return {
    milliseconds: () => milliseconds,
    stop: () => {
      if (applyBackpressure) backend.applyBackpressure = applyBackpressure;
    },
  };
};

/**
 * Measures `steps` steps, each from one update to the next. Two more steps before them compile and read the first loss,
 * and one more after them reads a loss again.
 */
const measureDemands = async (problem: Problem, counter: DeviceCounter, steps: number): Promise<StepDemands> => {
  const { field, task } = createTask(problem);
  const waits = countWaits();
  const seen: {
    readonly at: number;
    readonly dispatches: number;
    readonly submissions: number;
    readonly readBacks: number;
  }[] = [];
  const optimizer = adam({ learningRate: problem.learningRate });
  const update: typeof optimizer.update = input => {
    seen.push({ at: performance.now() - waits.milliseconds(), ...counter.read() });
    return optimizer.update(input);
  };
  const all = steps + 3;
  try {
    for await (const _ of fit(field, task, { steps: all, reportEvery: all, optimizer: { ...optimizer, update } }));
    await finishDeviceWork();
  } finally {
    waits.stop();
    field.dispose();
  }
  const measured = seen.slice(1, steps + 2);
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) throw new Error('there were no updates');
  const perStep = (of: 'dispatches' | 'submissions' | 'readBacks'): number => (last[of] - first[of]) / steps;
  const { scratchBytes } = backendInUse();
  return {
    hostSeconds: median(measured.slice(1).map(({ at }, i) => at - (measured[i]?.at ?? 0))) / 1000,
    dispatches: perStep('dispatches'),
    submissions: perStep('submissions'),
    readBacks: perStep('readBacks'),
    ...(scratchBytes !== undefined && { kernelBytes: scratchBytes }),
  };
};

/** Sizes from small ones, for an emulated card, to those that keep a large card busy. */
const PRODUCTS = [
  { features: 256, rows: 4096 },
  { features: 1024, rows: 8192 },
  { features: 2048, rows: 16_384 },
] as const;
/** Products in a row, so that transferring the input and the output takes little of the time. */
const LAYERS = 4;
/** Overhead does not matter in a product that takes this many seconds. */
const MIN_SECONDS = 0.05;
const REPEAT_SECONDS = 0.3;

/**
 * The rate of the matrix products that layers are made of, without activations and derivatives, in GFLOP/s: the best of
 * some sizes.
 */
const measureRate = async (): Promise<number> => {
  const rng = createRng(1);
  let best = 0;
  for (const { features, rows } of PRODUCTS) {
    const linear = mlp({
      ...{ inFeatures: features, outFeatures: features, hiddenFeatures: features, hiddenLayers: LAYERS - 2 },
      activation: { kind: 'identity' },
    });
    const field = createField(linear, { seed: 1 });
    const input = tensor2d(
      Float32Array.from({ length: rows * features }, () => rng.uniform()),
      [rows, features],
    );
    const secondsOf = async (times: number): Promise<number> => {
      const begin = performance.now();
      for (let i = 0; i < times; i++) field.jet(input, {}).value.dispose();
      await finishDeviceWork();
      return (performance.now() - begin) / 1000;
    };
    await secondsOf(1); // compiles
    const once = await secondsOf(1);
    const times = Math.max(1, Math.min(200, Math.round(REPEAT_SECONDS / once)));
    const seconds = (await secondsOf(times)) / times;
    best = Math.max(best, (2 * LAYERS * rows * features ** 2) / seconds / 1e9);
    input.dispose();
    field.dispose();
    if (once > MIN_SECONDS) break;
  }
  return best;
};

/** @param prepared the problem that was prepared last */
export const createDeviceSide = (counter: DeviceCounter, prepared: () => Problem): DeviceSide => ({
  peakMemory: () => counter.read().peakBytes,
  resetPeakMemory: () => counter.resetPeak(),
  demands: steps => measureDemands(prepared(), counter, steps),
  rate: measureRate,
});
