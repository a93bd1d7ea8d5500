/** @file Fits that end with their best parameters, and resume to the same ones. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { BestState } from '../../src/fit/best-state.ts';
import {
  adam,
  CheckpointError,
  createField,
  decodeCheckpoint,
  type Field,
  type FitOptions,
  type FitProgress,
  fit,
  type Schedule,
  siren,
  stopAt,
  term,
} from '../../src/index.ts';
import { lbfgsOfEachStep, randomPoints, smoothImage, squaredError } from './signals.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 0, omega0: 5 });
const newField = (): Field => createField(spec, { seed: 1 });
const points = smoothImage(6);
const terms = [term({ points, loss: squaredError })];

/** Constant, but for a leap at one step. */
const leapAt = (at: number): Schedule => ({
  describe: () => `a leap at ${at}`,
  factor: step => (step === at ? 30 : 1),
});
const STEPS = 12;
const leaping: FitOptions = { steps: STEPS, optimizer: adam({ learningRate: 1e-2 }), schedule: leapAt(9) };

interface Run {
  readonly reports: readonly FitProgress[];
  /** The parameters that the field has at each report, and at the end. */
  readonly seen: readonly (readonly number[])[];
  readonly final: readonly number[];
}

const parametersOf = (field: Field): number[] => Object.values(field.parameters).flatMap(each => [...each.dataSync()]);

const run = async (options: FitOptions, objective = terms): Promise<Run> => {
  const field = newField();
  const reports: FitProgress[] = [];
  const seen: number[][] = [];
  try {
    for await (const progress of fit(field, objective, options)) {
      reports.push(progress);
      seen.push(parametersOf(field));
    }
    return { reports, seen, final: parametersOf(field) };
  } finally {
    field.dispose();
  }
};

/** The number of updates with the lowest running loss, by the definition. */
const bestOf = (losses: readonly number[], decay: number): number => {
  let running = losses[0] as number;
  const means = losses.map((loss, index) => {
    if (index > 0) running = decay * running + (1 - decay) * loss;
    return running;
  });
  return means.indexOf(Math.min(...means));
};

describe.each([{ decay: 0 }, { decay: 0.5 }, true] as const)('keepBest %o', keepBest => {
  it('gives the field the parameters with the lowest running loss at the end', async () => {
    const plain = await run(leaping);
    const best = bestOf(
      plain.reports.map(({ loss }) => loss),
      keepBest === true ? 0.9 : keepBest.decay,
    );
    const kept = await run({ ...leaping, keepBest });
    // Report k has the parameters after k updates.
    expect(kept.reports.map(({ loss }) => loss)).toEqual(plain.reports.map(({ loss }) => loss));
    expect([7, 8]).toContain(best);
    expect(kept.final).toEqual(plain.seen[best - 1]);
    expect(kept.final).not.toEqual(plain.final);
    expect(kept.seen.at(-1)).toEqual(kept.final);
    expect(kept.seen.slice(0, -1)).toEqual(plain.seen.slice(0, -1));
    expect(kept.reports.map(({ kept: at }) => at)).toEqual([...Array(STEPS - 1).fill(undefined), best]);
  });
});

it('keeps the last parameters of a loss that decreases to the end', async () => {
  const options: FitOptions = { ...leaping, schedule: leapAt(0) };
  const plain = await run(options);
  const kept = await run({ ...options, keepBest: true });
  expect(kept.final).toEqual(plain.final);
  expect(kept.reports.at(-1)?.kept).toBeUndefined();
});

it('keeps the average of the best step', async () => {
  const options: FitOptions = { ...leaping, averageDecay: 0.5 };
  const plain = await run(options);
  const kept = await run({ ...options, keepBest: true });
  expect(kept.final).toEqual(plain.seen[7]);
});

it('keeps the best parameters of a fit that a rule ends', async () => {
  const until = stopAt({ metric: 'loss', atLeast: 0 });
  const whole = await run({ ...leaping, keepBest: true, schedule: leapAt(3), steps: 5 });
  const late = { ...until, judge: ({ step }: FitProgress) => ({ state: [], ...(step === 5 && { reason: 'enough' }) }) };
  const stopped = await run({ ...leaping, keepBest: true, schedule: leapAt(3), until: late });
  expect(stopped.reports).toHaveLength(5);
  expect(stopped.reports.at(-1)).toMatchObject({ stopped: 'enough', kept: 2 });
  expect(stopped.final).toEqual(whole.final);
});

it('ends with the parameters that reach a goal, also where the running loss was lower before', async () => {
  // A low plateau, one jump, and then a loss that is lower than any, whose running mean still remembers the jump.
  const losses = [1, 1, 1, 1, 1, 100, 0.5, 0.5];
  const best = new BestState(0.9);
  const parameters = tensor1d([7]);
  for (const [i, loss] of losses.entries()) best.observe(i + 1, loss, parameters);
  expect(best.earlier?.step).toBe(0);
  best.choose(losses.length, parameters);
  expect(best.earlier).toBeUndefined();
  expect(await best.read()).toMatchObject({ step: 8, seen: 8 });
  best.dispose();
  parameters.dispose();

  const goal = { describe: () => 'goal', judge: ({ step }: FitProgress) => verdictAt(step) };
  const verdictAt = (step: number) => ({ state: [], ...(step === 5 && { reason: 'good', isReached: true }) });
  const store = memoryStore();
  const options = { ...leaping, keepBest: true, schedule: leapAt(3), until: goal };
  const plain = await run({ ...options, keepBest: false });
  const stopped = await run({ ...options, checkpoint: { store } });
  expect(stopped.reports.at(-1)).toMatchObject({ step: 5, stopped: 'good' });
  expect(stopped.reports.at(-1)?.kept).toBeUndefined();
  expect(stopped.final).toEqual(plain.final);
  // The checkpoint of the end has the same parameters.
  expect((await run({ ...options, checkpoint: { store } })).final).toEqual(plain.final);
});

it('of a rule that waits for a metric are those that have it', () => {
  const progress = { loss: 0.5, terms: {}, metrics: {} } as FitProgress;
  const context = { state: [], lossOf: async () => 0 };
  expect(stopAt({ metric: 'loss', atMost: 1 }).judge(progress, context)).toMatchObject({ isReached: true });
  expect(stopAt({ metric: 'loss', atMost: 0.1 }).judge(progress, context)).not.toHaveProperty('isReached');
});

/** A run that is left after each of some steps, and resumed with a new field. */
const interrupted = async (options: FitOptions, left: readonly number[], objective = terms): Promise<number[]> => {
  const store = memoryStore();
  for (const at of [...left, Number.POSITIVE_INFINITY]) {
    const field = newField();
    for await (const { step } of fit(field, objective, { ...options, checkpoint: { store } })) if (step >= at) break;
    if (at === Number.POSITIVE_INFINITY) return parametersOf(field);
    field.dispose();
  }
  throw new Error('unreachable');
};

it.each(['adam', 'lbfgs'])('resumes to the same bits, before and after the leap: %s', async kind => {
  const random = [term({ points: randomPoints(9), loss: squaredError })];
  const options: FitOptions = {
    ...(kind === 'adam' ? leaping : { steps: 8, optimizer: lbfgsOfEachStep({ maxIterations: 2 }) }),
    keepBest: { decay: 0.6 },
  };
  const whole = await run(options, random);
  for (const left of [[3], [7], [2, 4, 6]]) expect(await interrupted(options, left, random)).toEqual(whole.final);
});

it('is the best of a checkpoint of the end, too, and a longer run goes on from the last parameters', async () => {
  const store = memoryStore();
  const checkpoint = { store };
  const { final } = await run({ ...leaping, keepBest: true, checkpoint });
  expect(await run({ ...leaping, keepBest: true, checkpoint })).toEqual({ reports: [], seen: [], final });
  const saved = decodeCheckpoint(store.written.at(-1) as Uint8Array);
  expect(saved).toMatchObject({ step: STEPS, steps: STEPS, best: { step: 8, seen: STEPS } });
  expect(saved.parameters).not.toEqual(saved.best?.parameters);
  const longer = { ...leaping, keepBest: true, steps: STEPS + 5 };
  const whole = await run(longer);
  expect((await run({ ...longer, checkpoint })).final).toEqual(whole.final);
});

it('refuses the checkpoint of a run that keeps something else', async () => {
  const store = memoryStore();
  await run({ ...leaping, keepBest: true, checkpoint: { store } });
  for (const keepBest of [undefined, { decay: 0.5 }])
    await expect(run({ ...leaping, ...(keepBest && { keepBest }), checkpoint: { store } })).rejects.toThrow(
      CheckpointError,
    );
});

it('refuses losses that cannot be compared, and invalid decays', async () => {
  const changing = [term({ points, loss: squaredError, weightSchedule: leapAt(1) })];
  await expect(run({ ...leaping, keepBest: true }, changing)).rejects.toThrow(
    'keepBest must be absent with a weightSchedule',
  );
  const adapt = { describe: () => 'never', change: () => undefined, restore: () => newField() };
  await expect(run({ ...leaping, keepBest: true, adapt })).rejects.toThrow('keepBest must be absent with adapt');
  await expect(run({ ...leaping, keepBest: { decay: 1 } })).rejects.toThrow(
    'fit: keepBest.decay must be a number in [0, 1), got 1',
  );
});

it('frees what it kept', async () => {
  const before = memory().numTensors;
  await run({ ...leaping, keepBest: true });
  expect(memory().numTensors).toBe(before);
});
