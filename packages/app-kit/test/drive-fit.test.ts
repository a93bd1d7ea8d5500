import {
  adam,
  type CheckpointStore,
  createField,
  DivergenceError,
  decodeCheckpoint,
  type FitProgress,
  siren,
  term,
} from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { pixels } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { type DrivenFit, driveFit } from '../src/fitting/drive-fit.ts';
import { FACTOR_KEY, memoryStore, recoveriesOf } from '../src/fitting/recovery.ts';
import type { Output } from '../src/output/output.ts';
import '@tensorflow/tfjs-backend-cpu';

const picture = ndarray(
  Float32Array.from({ length: 36 }, (_, i) => (i % 7) / 7),
  [6, 6, 1],
);

/** A fit of a small picture, and what it says. */
const setUp = (given: Partial<DrivenFit> & { readonly learningRate?: number; readonly steps?: number } = {}) => {
  const { learningRate = 1e-3, steps = 6, ...driven } = given;
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 0 });
  const warnings: string[] = [];
  const events: { event: string; data: Readonly<Record<string, unknown>> }[] = [];
  const shown: (readonly string[])[] = [];
  const recovered: number[] = [];
  let stopped = 0;
  const output: Output = {
    json: true,
    quiet: true,
    log: () => undefined,
    warn: line => void warnings.push(line),
    result: () => undefined,
    event: (event, data) => void events.push({ event, data }),
  };
  const progress = {
    update: (_: number, figures: readonly string[]) => void shown.push(figures),
    stop: () => {
      stopped++;
    },
  };
  const controller = new AbortController();
  const run = (report?: (report: FitProgress) => void | Promise<void>): Promise<void> =>
    driveFit(
      {
        model: field,
        terms: [term({ points: pixels(picture), loss: mse() })],
        options: { steps, optimizer: adam({ learningRate }) },
        identity: { picture: 'of the test' },
        metadata: { own: 'kept' },
        recoveries: 0,
        saving: undefined,
        ...driven,
      },
      {
        output,
        progress,
        signal: controller.signal,
        event: { fit: 'a' },
        recovered: count => void recovered.push(count),
        figures: () => ['first'],
        ...(report && { report }),
      },
    );
  const stops = (): number => stopped;
  return { field, warnings, recovered, events, shown, stops, controller, run };
};

const everyStep = (store: CheckpointStore): DrivenFit['saving'] => ({ store, everySeconds: 0, resume: undefined });

const metadataIn = async (store: CheckpointStore): Promise<Readonly<Record<string, string>>> =>
  decodeCheckpoint((await store.read()) as Uint8Array).metadata;

test('every report is shown, told and waited for', async () => {
  const { shown, events, run, stops, field } = setUp();
  const heard: number[] = [];
  await run(async ({ step }) => {
    await new Promise(resolve => setTimeout(resolve, 1));
    heard.push(step);
  });
  expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
  expect(events.map(({ event, data }) => [event, data['fit'], data['step']])).toEqual(
    heard.map(step => ['progress', 'a', step]),
  );
  expect(shown[0]?.[0]).toBe('first');
  expect(shown[0]?.[1]).toMatch(/^loss \d/);
  expect(shown[0]?.[2]).toMatch(/ steps\/s$/);
  expect(stops()).toBe(1);
  field.dispose();
});

/** Adam at such a rate makes the loss leap by orders of magnitude; here from the fifth step on. */
const leaping = { learningRate: 1e4, steps: 8 } as const;
const options = {
  steps: leaping.steps,
  optimizer: adam({ learningRate: leaping.learningRate }),
  schedule: { describe: () => 'late', factor: (step: number) => (step < 5 ? 1e-7 : 1) },
  divergence: { spikeFactor: 5 },
} as const;

test('without recoveries a divergence is an error', async () => {
  const { run, field, events, stops } = setUp({ options });
  await expect(run()).rejects.toThrow(DivergenceError);
  expect(events.filter(({ event }) => event === 'recovery')).toEqual([]);
  expect(stops()).toBe(1);
  field.dispose();
});

test.each(['in a file', 'in memory'])(
  'a fit that diverges resumes with half the rate, as often as it may: %s',
  async place => {
    const store = memoryStore();
    const { run, field, events, warnings } = setUp({
      options,
      recoveries: 2,
      saving: place === 'in a file' ? everyStep(store) : undefined,
    });
    await expect(run()).rejects.toThrow(DivergenceError);
    const recoveries = events.filter(({ event }) => event === 'recovery').map(({ data }) => data);
    expect(recoveries).toMatchObject([
      { fit: 'a', learningRate: 5e3 },
      { fit: 'a', learningRate: 2.5e3 },
    ]);
    // It goes back to a step that was good, and not to the beginning.
    for (const { lastGoodStep } of recoveries) expect(lastGoodStep).toBeGreaterThanOrEqual(3);
    const told = events.filter(({ event }) => event === 'progress').map(({ data }) => data['step']);
    expect(told.slice(0, 3)).toEqual([1, 2, 3]);
    expect(told.filter(step => step === 1)).toHaveLength(1);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^the loss jumped to .* at step \d+: resumes from step \d+ with half the learning rate, 5000$/,
    );
    if (place === 'in a file')
      expect(await metadataIn(store)).toEqual(expect.objectContaining({ own: 'kept', [FACTOR_KEY]: '0.25' }));
    field.dispose();
  },
);

/** A fit that was stopped after step 2, with the factor on its learning rate: it resumes without reading the store. */
const stoppedFit = async (factor: string): Promise<ReturnType<typeof setUp>> => {
  const store = memoryStore();
  const first = setUp({ saving: everyStep(store) });
  const stop = (): Promise<void> => first.run(({ step }) => (step === 2 ? first.controller.abort() : undefined));
  await expect(stop()).rejects.toThrow(/abort/);
  first.field.dispose();
  const decoded = decodeCheckpoint((await store.read()) as Uint8Array);
  const resume = { ...decoded, metadata: { ...decoded.metadata, [FACTOR_KEY]: factor } };
  const unread = { ...store, read: () => Promise.reject(new Error('the store was read')) };
  return setUp({ saving: { store: unread, everySeconds: 0, resume } });
};

/** A loss that jumps by orders of magnitude after step 150, but stays below the first one, and comes down again. */
const jumping = {
  steps: 160,
  optimizer: adam({ learningRate: 5e-3 }),
  schedule: { describe: () => 'a jump', factor: (step: number) => (step === 150 ? 40 : 1) },
} as const;

test('a jump below the first loss is recovered from; after the last recovery it does not end the fit', async () => {
  const { run, field, events, warnings, recovered } = setUp({ options: jumping, recoveries: 2 });
  await run();
  const told = events.filter(({ event }) => event === 'progress').map(({ data }) => data as unknown as FitProgress);
  const recoveries = events.filter(({ event }) => event === 'recovery').map(({ data }) => data);
  expect(recoveries).toMatchObject([
    { step: 151, lastGoodStep: 149, learningRate: 2.5e-3 },
    { step: 151, lastGoodStep: 149, learningRate: 1.25e-3 },
  ]);
  for (const { loss } of recoveries) expect(loss).toBeLessThan(told[0]?.loss as number);
  expect(warnings).toHaveLength(2);
  expect(told.at(-1)).toMatchObject({ step: 160, learningRate: 1.25e-3 });
  expect(recovered).toEqual([1, 2]);
  field.dispose();
});

test('a recovery halves the rates of groups with schedules of their own too', async () => {
  const own = { describe: () => 'own', factor: (step: number) => (step < 5 ? 1e-7 : 1) };
  const groups = [{ parameters: { role: 'weight' }, schedule: own }];
  const rates: number[] = [];
  const optimizer = adam({ learningRate: leaping.learningRate });
  const watched: typeof optimizer = {
    ...optimizer,
    update: input => {
      rates.push(input.learningRate);
      return optimizer.update(input);
    },
  };
  const { run, field } = setUp({ options: { ...options, optimizer: watched, groups }, recoveries: 1 });
  await expect(run()).rejects.toThrow(DivergenceError);
  // The fit's schedule and the group's are the same, so are the rates of both; the last are those after the recovery.
  expect(new Set(rates.slice(-2))).toEqual(new Set([leaping.learningRate / 2]));
  field.dispose();
});

test('without recoveries, a jump below the first loss is passed over', async () => {
  const { run, field, events } = setUp({ options: jumping });
  await run();
  expect(events.filter(({ event }) => event === 'recovery')).toEqual([]);
  field.dispose();
});

test('the recoveries of an earlier run count', () => {
  expect([1, 0.5, 2 ** -6].map(recoveriesOf)).toEqual([0, 1, 6]);
});

test('a resumed run keeps the learning rate that it was reduced to', async () => {
  const { run, events, field } = await stoppedFit('0.5');
  await run();
  const rates = events.map(({ data: { step, learningRate } }) => [step, learningRate]);
  expect(rates).toEqual([3, 4, 5, 6].map(step => [step, 5e-4]));
  field.dispose();
});

test('a factor that halving does not lead to is a damaged checkpoint', async () => {
  const { run, field } = await stoppedFit('-1');
  await expect(run()).rejects.toThrow(/damaged: its learning-rate-factor must be a number above 0, up to 1, got "-1"/);
  field.dispose();
});

test('a signal stops it after a checkpoint', async () => {
  const store = memoryStore();
  const { run, controller, field, stops } = setUp({
    saving: { ...everyStep(store), everySeconds: 1e9 } as DrivenFit['saving'],
  });
  const reason = new Error('stopped');
  await expect(run(({ step }) => (step === 3 ? controller.abort(reason) : undefined))).rejects.toBe(reason);
  expect(decodeCheckpoint((await store.read()) as Uint8Array).step).toBe(3);
  expect(stops()).toBe(1);
  field.dispose();
});
