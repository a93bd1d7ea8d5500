import '@neural-fields/kernels-wasm';
import { adam, type CheckpointStore, type Field, lbfgs } from '@neural-fields/core';
import { muon, soap } from '@neural-fields/core/optimizers';
import { memory, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PruneOptions, type PruneProgress, prune, pruneTo, pruneWhile, removalBound } from '../src/index.ts';
import { fittedField, lossOf, task } from './task.ts';

beforeAll(() => setBackend('simd'));

const options: PruneOptions = {
  parameters: 200,
  rounds: 4,
  stepsPerRound: 20,
  finalSteps: 40,
  optimizer: adam({ learningRate: 3e-3 }),
};

const run = async (field: Field, more: Partial<PruneOptions> = {}): Promise<PruneProgress[]> => {
  const reports: PruneProgress[] = [];
  for await (const progress of prune(field, task, { ...options, ...more })) reports.push(progress);
  return reports;
};

const memoryStore = (bytes?: Uint8Array): CheckpointStore & { written: Uint8Array[] } => {
  const written: Uint8Array[] = [];
  return {
    written,
    read: async () => written.at(-1) ?? bytes,
    write: async next => {
      written.push(next.slice());
    },
  };
};

const valuesOf = async (field: Field): Promise<number[]> =>
  (await Promise.all(Object.values(field.parameters).map(async value => [...(await value.data())]))).flat();

describe('pruneTo', () => {
  it('meets the budget, as closely as whole units allow, for every scope', async () => {
    const field = await fittedField(1);
    for (const scope of ['layer', 'global'] as const) {
      const { field: smaller, removed } = await pruneTo(field, { parameters: 300, scope });
      expect(smaller.parameterCount).toBeLessThanOrEqual(300);
      expect(smaller.parameterCount).toBeGreaterThan(240);
      const bound = await removalBound(field, removed);
      expect(bound[0]).toBeGreaterThan(0);
    }
    const { field: same } = await pruneTo(field, { parameters: 10_000 });
    expect(await valuesOf(same)).toEqual(await valuesOf(field));
    const { field: smallest } = await pruneTo(field, { parameters: 1, leastShare: 0.5 });
    expect(smallest.layout.entry('layers.0.bias').size).toBe(12);
    await expect(pruneTo(field, { parameters: -3 })).rejects.toThrow(
      'pruneTo: parameters must be a positive integer, got -3',
    );
  });

  it('loses less where the means of what it removes go into the biases', async () => {
    const field = await fittedField();
    const side = Float32Array.from({ length: 128 }, (_, i) => Math.sin(12.9898 * i * i + i));
    const meanOver = tensor2d(side, [64, 2]);
    const budget = { parameters: 550, scope: 'layer' } as const;
    const [plain, folded] = [await pruneTo(field, budget), await pruneTo(field, { ...budget, meanOver })];
    expect(await lossOf(folded.field)).toBeLessThan(await lossOf(plain.field));
  });
});

describe('prune', () => {
  it('gets smaller round by round and recovers, without leaks', async () => {
    const field = await fittedField();
    const before = await valuesOf(field);
    const tensors = memory().numTensors;
    const reports = await run(field);
    const last = reports.at(-1)!;
    expect(reports.map(({ round }) => round).filter((round, i, all) => round !== all[i - 1])).toEqual([1, 2, 3, 4]);
    expect(last.field.parameterCount).toBeLessThanOrEqual(200);
    const raw = await pruneTo(field, { parameters: 200 });
    expect(await lossOf(last.field)).toBeLessThan((await lossOf(raw.field)) / 4);
    expect(await valuesOf(field)).toEqual(before);
    raw.field.dispose();
    last.field.dispose();
    expect(memory().numTensors).toBe(tensors);
  });

  it('resumes to the same bits from any checkpoint', async () => {
    const field = await fittedField(30);
    const store = memoryStore();
    const whole = await run(field, { checkpoint: { store, everySteps: 17 } });
    const wanted = await valuesOf(whole.at(-1)!.field);
    for (const checkpoint of store.written.slice(0, -1)) {
      const reports = await run(field, { checkpoint: { store: memoryStore(checkpoint), everySteps: 1000 } });
      expect(await valuesOf(reports.at(-1)!.field)).toEqual(wanted);
      expect(reports.at(-1)!.round).toBe(4);
    }
  });

  it('keeps the momentum of Muon', async () => {
    const field = await fittedField(30);
    const reports = await run(field, { optimizer: muon({ learningRate: 2e-3, adam: { learningRate: 2e-3 } }) });
    expect(reports.at(-1)!.loss).toBeLessThan(reports[0]!.loss);
  });

  it.each([
    ['soap', soap({ learningRate: 2e-3 })],
    ['lbfgs', lbfgs({ maxIterations: 2 })],
  ] as const)('begins the state of %s again after each removal, and recovers', async (_, optimizer) => {
    const field = await fittedField(30);
    const tensors = memory().numTensors;
    const reports = await run(field, { optimizer });
    const { field: smaller, loss } = reports.at(-1)!;
    expect(smaller.parameterCount).toBeLessThanOrEqual(200);
    expect(loss).toBeLessThan(reports[0]!.loss / 2);
    smaller.dispose();
    expect(memory().numTensors).toBe(tensors);
  });

  it('stops at once when it is aborted, and frees what it made', async () => {
    const field = await fittedField(30);
    const tensors = memory().numTensors;
    const controller = new AbortController();
    let last: Field | undefined;
    const pruning = (async () => {
      for await (const { step, field: now } of prune(field, task, { ...options, signal: controller.signal })) {
        last = now;
        if (step === 50) controller.abort(new Error('enough'));
      }
    })();
    await expect(pruning).rejects.toThrow('enough');
    last?.dispose();
    expect(memory().numTensors).toBe(tensors);
  });
});

describe('pruneWhile', () => {
  it('ends with the smallest accepted field', async () => {
    const field = await fittedField();
    const tensors = memory().numTensors;
    const most = 4 * (await lossOf(field));
    const asked: (readonly [number, boolean])[] = [];
    const accept = async (tried: Field): Promise<boolean> => {
      const isAccepted = (await lossOf(tried)) <= most;
      asked.push([tried.parameterCount, isAccepted]);
      return isAccepted;
    };
    let last: PruneProgress | undefined;
    const settings = { accept, stepsPerRound: 30, rounds: 8, refinements: 1, optimizer: adam({ learningRate: 3e-3 }) };
    for await (const progress of pruneWhile(field, task, settings)) last = progress;
    const accepted = asked.filter(([, isAccepted]) => isAccepted).map(([count]) => count);
    expect(asked.some(([, isAccepted]) => !isAccepted)).toBe(true);
    expect(last!.field.parameterCount).toBe(Math.min(...accepted));
    expect(last!.field.parameterCount).toBeLessThan(field.parameterCount * 0.8);
    expect(await lossOf(last!.field)).toBeLessThanOrEqual(most);
    last!.field.dispose();
    expect(memory().numTensors).toBe(tensors);
  });

  it('refuses a field that is not accepted as it is', async () => {
    const pruning = pruneWhile(await fittedField(1), task, { accept: () => false });
    await expect(pruning.next()).rejects.toThrow('pruneWhile: the field must be accepted before anything is removed');
  });
});
