import '@tensorflow/tfjs-backend-cpu';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory, squaredDifference, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckpointOptions,
  createField,
  decodeCheckpoint,
  type Field,
  fit,
  type PointLoss,
  type PointSource,
  selectBackend,
  siren,
  term,
} from '../../src/index.ts';
import { memoryStore } from './store.ts';

// What a caller may not do while a fit trains a field, and what is written when the caller leaves it.

const points: PointSource = {
  inFeatures: 1,
  pointsPerStep: 4,
  fixed: true,
  draw: () => ({ coords: new Float32Array([-1, 0, 0.5, 1]), targets: { value: new Float32Array([0, 1, 0, 1]) } }),
};
const loss: PointLoss = ({ value }, { targets }) => squaredDifference(value, targets['value']!);
const newField = (): Field =>
  createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
const untyped = (value: unknown) => value as never;

beforeAll(async () => {
  await selectBackend('cpu');
});

describe('while a fit runs', () => {
  it('a second fit and disposing are refused; afterwards both work', async () => {
    const field = newField();
    const running = fit(field, [term({ points, loss })], { steps: 3 });
    await running.next();
    await expect(fit(field, [term({ points, loss })], { steps: 1 }).next()).rejects.toThrow(/another fit is training/);
    expect(() => field.dispose()).toThrow(/a fit is training/);
    await running.return();
    for await (const _ of fit(field, [term({ points, loss })], { steps: 1 }));
    field.dispose();
  });

  it('an iterator that is abandoned frees the field and its tensors when it is collected', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const field = newField();
    const before = memory().numTensors;
    const abandon = async (): Promise<void> => {
      await fit(field, [term({ points, loss })], { steps: 3 }).next();
    };
    await abandon();
    expect(memory().numTensors).toBeGreaterThan(before);
    // Finalizers run in a task of their own, some time after the collection.
    for (let left = 100; left > 0 && memory().numTensors > before; left--) {
      collectGarbage();
      await setTimeout(10);
    }
    expect(memory().numTensors).toBe(before);
    for await (const _ of fit(field, [term({ points, loss })], { steps: 1 }));
    field.dispose();
  });

  it('a fit that fails lets the field go', async () => {
    const field = newField();
    const failing = term({
      points,
      loss: () => {
        throw new RangeError('no loss');
      },
    });
    await expect(fit(field, [failing], { steps: 1 }).next()).rejects.toThrow('no loss');
    field.dispose();
  });
});

it('a disposed field says so', async () => {
  const field = newField();
  field.dispose();
  field.dispose();
  const coords = tensor2d([[0]]);
  expect(() => field.evaluate(coords)).toThrow(/^evaluate: the parameters were disposed/);
  expect(() => field.jet(coords, { gradient: true })).toThrow(TypeError);
  await expect(fit(field, [term({ points, loss })], { steps: 1 }).next()).rejects.toThrow(
    /fit: the parameters were disp/,
  );
  coords.dispose();
});

it('leaving the loop writes the checkpoint', async () => {
  const field = newField();
  const store = memoryStore();
  const options = { steps: 10, checkpoint: { store } };
  for await (const { step } of fit(field, [term({ points, loss })], options)) if (step === 3) break;
  const seen: number[] = [];
  for await (const { step, resumedFrom } of fit(field, [term({ points, loss })], options)) seen.push(step, resumedFrom);
  expect(seen.slice(0, 2)).toEqual([4, 3]);
  field.dispose();
});

it('resumes from a decoded checkpoint to the same bits, without reading the store', async () => {
  const field = newField();
  const store = memoryStore();
  for await (const { step } of fit(field, [term({ points, loss })], { steps: 6, checkpoint: { store } }))
    if (step === 3) break;
  const bytes = (await store.read()) as Uint8Array;
  const resume = decodeCheckpoint(bytes);
  const parametersAfter = async (checkpoint: CheckpointOptions): Promise<Float32Array> => {
    const reports: number[] = [];
    for await (const { step } of fit(field, [term({ points, loss })], { steps: 6, checkpoint })) reports.push(step);
    expect(reports[0]).toBe(4);
    return decodeCheckpoint((await store.read()) as Uint8Array).parameters;
  };
  const unread = { ...store, read: () => Promise.reject(new Error('the store was read')) };
  const fromDecoded = await parametersAfter({ store: unread, resume });
  await store.write(bytes);
  expect(await parametersAfter({ store })).toEqual(fromDecoded);
  expect(resume).toEqual(decodeCheckpoint(bytes));
  const other = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 0 }), { seed: 1 });
  await expect(
    fit(other, [term({ points, loss })], { steps: 6, checkpoint: { store: unread, resume } }).next(),
  ).rejects.toThrow(/another run: its network is/);
  await expect(
    fit(field, [term({ points, loss })], { steps: 6, checkpoint: { store, resume: untyped(bytes) } }).next(),
  ).rejects.toThrow('fit: checkpoint.resume must be a checkpoint as decodeCheckpoint returns it');
  other.dispose();
  field.dispose();
});

it('wrong arguments of plain JavaScript are TypeErrors that say what was wanted', async () => {
  const field = newField();
  const before = memory().numTensors;
  expect(() => field.evaluate(untyped([[1]]))).toThrow(
    /^evaluate: coords must be a tensor \[n, 1\], got an array; tensor2d/,
  );
  expect(() => field.jet(tensor2d([[0]]), untyped({ hesian: true }))).toThrow(
    /unknown option 'hesian', perhaps 'hessian'/,
  );
  expect(() => term(untyped({ loss }))).toThrow(/^term 'loss': points must be a source of points/);
  expect(() => term(untyped({ points }))).toThrow(/^term 'loss': loss must be a function/);
  expect(() => term({ points, loss, derivatives: untyped({ grad: true }) })).toThrow(/perhaps 'gradient'/);
  const running = fit(field, [term({ points, loss: untyped(() => 3) })], { steps: 1 });
  await expect(running.next()).rejects.toThrow(/^term 'loss': the loss must return a tensor f32\[n, ...\], got number/);
  await expect(fit(field, [term({ points, loss })], untyped({ step: 5 })).next()).rejects.toThrow(
    /'step', perhaps 'steps'/,
  );
  expect(memory().numTensors).toBe(before + 1);
  field.dispose();
});
