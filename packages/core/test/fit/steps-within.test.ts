/** @file The number of steps within some seconds, by a clock of the test. */
import '@tensorflow/tfjs-backend-cpu';
import { log, memory, neg, setBackend, square } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import {
  adam,
  cosine,
  createField,
  decodeCheckpoint,
  type Field,
  type FitOptions,
  fit,
  type PointSource,
  siren,
  stepsWithin,
  stopAt,
  term,
} from '../../src/index.ts';
import { randomPoints, squaredError } from './signals.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: 5 });
const newField = (): Field => createField(spec, { seed: 1 });
const parametersOf = (field: Field): number[] => Object.values(field.parameters).flatMap(each => [...each.dataSync()]);
const options: Omit<FitOptions, 'steps'> = { optimizer: adam({ learningRate: 1e-2 }), schedule: cosine() };

/** Points whose draws let the clock advance: by `first` milliseconds at the first step, then by `each`. */
const timedPoints = (first: number, each: (step: number) => number) => {
  let milliseconds = 0;
  let draws = 0;
  const inner = randomPoints(8);
  const points: PointSource = {
    ...inner,
    draw(...at) {
      milliseconds += draws === 0 ? first : each(draws);
      draws += 1;
      return inner.draw(...at);
    },
  };
  return { terms: [term({ points, loss: squaredError })], now: () => milliseconds, draws: () => draws };
};

it('is the time that is left after a few steps, by the median step without the first', async () => {
  const field = newField();
  // The first step takes 900 ms, four take 20 ms and one of them is disturbed: 30 s - 0.9 s - 0.08 s - 0.5 s.
  const { terms, now, draws } = timedPoints(900, step => (step === 3 ? 500 : 20));
  expect(await stepsWithin(field, terms, { ...options, seconds: 30, now })).toBe(Math.floor((30 - 1.48) / 0.02));
  expect(draws()).toBe(6);
  field.dispose();
});

it.each([
  { seconds: 30, first: 4000, each: 4000, steps: 5, draws: 2 },
  { seconds: 3, first: 5000, each: 4000, steps: 1, draws: 1 },
  { seconds: 5, first: 3000, each: 4000, steps: 1, draws: 2 },
])('takes few of slow steps: %o', async ({ seconds, first, each, steps, draws }) => {
  const field = newField();
  const clock = timedPoints(first, () => each);
  expect(await stepsWithin(field, clock.terms, { ...options, seconds, now: clock.now })).toBe(steps);
  expect(clock.draws()).toBe(draws);
  field.dispose();
});

it('counts the steps between reports', async () => {
  const field = newField();
  const { terms, now } = timedPoints(100, () => 10);
  const found = await stepsWithin(field, terms, { ...options, seconds: 10, now, reportEvery: 4 });
  // Six reports of four steps.
  expect(found).toBe(Math.floor((10 - 0.33) / 0.01));
  field.dispose();
});

it.each([
  { what: 'jumps', learningRate: 1e3, each: 20, expected: Math.floor((30 - 0.9 - 5 * 0.02) / 0.02) },
  // The loss is NaN at the second step, and the points of two steps are drawn again to find the fault.
  { what: 'is not finite', learningRate: 1e38, each: 100, expected: Math.floor((30 - 1.2) / 1.2) },
])('times a fit whose loss $what, and leaves the error to the fit', async ({ learningRate, each, expected }) => {
  const field = newField();
  const before = parametersOf(field);
  const { terms, now } = timedPoints(900, () => each);
  const optimizer = adam({ learningRate });
  expect(await stepsWithin(field, terms, { optimizer, seconds: 30, now })).toBe(expected);
  expect(parametersOf(field)).toEqual(before);
  const steps = fit(field, terms, { optimizer, steps: 9 });
  await expect(
    (async () => {
      for await (const _ of steps);
    })(),
  ).rejects.toThrow('diverged at step 2');
  field.dispose();
});

it('throws where the loss is not finite before any update', async () => {
  const field = newField();
  const broken = term({ points: randomPoints(8), loss: ({ value }) => log(neg(square(value))) });
  await expect(stepsWithin(field, [broken], { ...options, seconds: 30 })).rejects.toThrow('before any update');
  field.dispose();
});

it('leaves the field and its points as they were', async () => {
  const field = newField();
  const before = parametersOf(field);
  const tensors = memory().numTensors;
  let state = new Float32Array([5]);
  const restore = (values: Float32Array): void => {
    state = Float32Array.from(values);
  };
  const observe = (): void => {
    state = state.map(value => value + 1);
  };
  const points: PointSource = {
    ...randomPoints(8),
    state: { read: () => state.slice(), restore },
    observe,
  };
  const until = stopAt({ metric: 'loss', atLeast: 0 });
  await stepsWithin(field, [term({ points, loss: squaredError })], { ...options, seconds: 9, until });
  expect(parametersOf(field)).toEqual(before);
  expect([...state]).toEqual([5]);
  expect(memory().numTensors).toBe(tensors);
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  const aborted = stepsWithin(field, [term({ points, loss: squaredError })], {
    ...options,
    seconds: 9,
    signal: controller.signal,
  });
  await expect(aborted).rejects.toThrow('enough');
  expect(parametersOf(field)).toEqual(before);
  field.dispose();
});

it('is decided once: a resumed run has the number of its checkpoint, and the same bits', async () => {
  const run = async (each: number, store: ReturnType<typeof memoryStore>, left?: number): Promise<number[]> => {
    const field = newField();
    const { terms, now } = timedPoints(10, () => each);
    const saved = { ...options, checkpoint: { store } };
    const steps = await stepsWithin(field, terms, { ...saved, seconds: 1, now });
    for await (const { step } of fit(field, terms, { ...saved, steps })) if (step === left) break;
    const final = parametersOf(field);
    field.dispose();
    return final;
  };
  const whole = memoryStore();
  const expected = await run(40, whole);
  const { steps, step } = decodeCheckpoint(whole.written.at(-1) as Uint8Array);
  // Three intervals were timed, a tenth of the time and a little more: 1 s - 0.13 s.
  expect([steps, step]).toEqual([21, 21]);
  const store = memoryStore();
  await run(40, store, 7);
  // On a machine that has become slower.
  expect(await run(200, store)).toEqual(expected);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s seconds', async seconds => {
  const field = newField();
  const { terms } = timedPoints(1, () => 1);
  await expect(stepsWithin(field, terms, { ...options, seconds })).rejects.toThrow(
    `stepsWithin: seconds must be a positive number, got ${seconds}`,
  );
  field.dispose();
});
