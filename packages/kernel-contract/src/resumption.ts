/** @file Training that is interrupted and resumed from every checkpoint, on a backend and beside the cpu backend. */
import { adam, type CheckpointStore, type FitOptions, fit, type Model, type ObjectiveTerm } from '@neural-fields/core';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** A model with its objective. */
export interface TrainingCase {
  readonly model: Model;
  readonly terms: readonly ObjectiveTerm[];
  readonly options?: Partial<FitOptions>;
  dispose(): void;
}

const STEPS = 7;

/** A store that keeps all checkpoints. */
interface MemoryStore extends CheckpointStore {
  readonly written: readonly Uint8Array[];
}

const storeOf = (start: Uint8Array | undefined): MemoryStore => {
  const written: Uint8Array[] = [];
  return {
    written,
    read: () => Promise.resolve(written.at(-1) ?? start),
    write: bytes => {
      written.push(bytes.slice());
      return Promise.resolve();
    },
  };
};

/** Trains a case from a checkpoint. @returns all checkpoints, losses and final parameters */
const train = async (make: () => TrainingCase, start?: Uint8Array) => {
  const { model, terms, options, dispose } = make();
  const store = storeOf(start);
  const losses: number[] = [];
  const everySteps = (options?.steps ?? STEPS) < 4 ? 1 : 2;
  const settings: FitOptions = {
    steps: STEPS,
    seed: 1,
    optimizer: adam({ learningRate: 3e-3 }),
    chunkSize: 10,
    checkpoint: { store, everySteps },
    ...options,
  };
  try {
    for await (const { loss } of fit(model, terms, settings)) losses.push(loss);
    const values = await Promise.all(
      Object.values(model.parameters).map(async parameter => Float32Array.from(await parameter.data())),
    );
    return { written: store.written, losses, values };
  } finally {
    dispose();
  }
};

/** How far results may be from those of the cpu backend. */
export interface ParityTolerance {
  /** Of losses, relative to them; 1e-4 if absent. */
  readonly loss?: number;
  /** Of parameters; 2e-3 if absent. */
  readonly parameters?: number;
}

/**
 * Checks that a case ends bitwise the same when it is interrupted and resumed, without leaking tensors, and that it
 * agrees with the cpu backend.
 */
export const expectResumable = async (
  make: () => TrainingCase,
  backend: string,
  { loss: relative = 1e-4, parameters = 2e-3 }: ParityTolerance = {},
): Promise<void> => {
  await setBackend(backend);
  const before = memory().numTensors;
  const whole = await train(make);
  expect(whole.written.length).toBeGreaterThan(1);
  for (const checkpoint of whole.written.slice(0, -1)) {
    const resumed = await train(make, checkpoint);
    expect(resumed.written.at(-1)).toEqual(whole.written.at(-1));
    expect(resumed.losses).toEqual(whole.losses.slice(-resumed.losses.length));
  }
  expect(memory().numTensors).toBe(before);
  if (backend === 'cpu') return;
  await setBackend('cpu');
  const reference = await train(make);
  for (const [step, loss] of whole.losses.entries()) {
    const wanted = reference.losses[step] as number;
    expect(Math.abs(loss - wanted)).toBeLessThan(relative * Math.abs(wanted) + 1e-6);
  }
  for (const [index, values] of whole.values.entries())
    for (const [i, value] of values.entries())
      expect(Math.abs(value - (reference.values[index]?.[i] as number))).toBeLessThan(parameters);
};
