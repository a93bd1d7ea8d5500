import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFieldData, encodeFieldData, type FieldFile, type ShapedArray } from '../../src/files.ts';
import {
  adam,
  CheckpointError,
  createField,
  decodeCheckpoint,
  type Field,
  type FitOptions,
  fit,
  lbfgs,
  siren,
  term,
} from '../../src/index.ts';
import { smoothImage, squaredError } from './signals.ts';
import { memoryStore } from './store.ts';

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: 10 });
const P = 2 * 4 + 4 + 4 + 1;
const newField = (): Field => createField(spec, { seed: 1 });
const terms = [term({ points: smoothImage(3), loss: squaredError })];

const run = async (options: FitOptions): Promise<void> => {
  for await (const _ of fit(newField(), terms, options));
};

/** The checkpoint of a run of three steps. */
const saved = async (options: Partial<FitOptions> = {}): Promise<Uint8Array> => {
  const store = memoryStore();
  await run({ steps: 3, ...options, checkpoint: { store, identity: { file: 'a' } } });
  return store.written.at(-1) as Uint8Array;
};

let bytes: Uint8Array;
beforeAll(async () => {
  await setBackend('cpu');
  bytes = await saved();
});

interface Run {
  step: unknown;
  history: unknown;
  identity: unknown;
  environment: unknown;
}

/** The bytes with a change to the description of the run, or to the arrays. */
const changed = (
  original: Uint8Array,
  change: {
    run?: (run: Run) => unknown;
    text?: string;
    state?: (state: Map<string, ShapedArray>, file: FieldFile) => void;
  },
): Uint8Array => {
  const file = decodeFieldData(original);
  const description = JSON.parse(file.metadata['fit'] as string) as Run;
  const run = change.run ? change.run(description) : description;
  const state = new Map(file.state);
  change.state?.(state, file);
  return encodeFieldData(file, { state, metadata: { ...file.metadata, fit: change.text ?? JSON.stringify(run) } });
};

const vector = (...values: number[]): ShapedArray => ({ shape: [values.length], data: Float32Array.from(values) });

describe('a checkpoint', () => {
  it('is decoded completely', () => {
    const checkpoint = decodeCheckpoint(bytes);
    expect(checkpoint).toMatchObject({ step: 3, identity: { file: 'a', seed: '0' }, environment: { backend: 'cpu' } });
    expect(checkpoint.history).toHaveLength(4);
    expect(checkpoint.optimizer.map(({ length }) => length)).toEqual([P, P]);
    expect(checkpoint.parameters).toHaveLength(P);
  });

  it.each([
    ['a negative step', { run: (r: Run) => ({ ...r, step: -1 }) }, 'its step must be an integer >= 0, got -1'],
    ['a fractional step', { run: (r: Run) => ({ ...r, step: 2.5 }) }, 'its step must be an integer >= 0, got 2.5'],
    ['a step beyond 2^53', { run: (r: Run) => ({ ...r, step: 2 ** 60 }) }, 'its step must be an integer >= 0'],
    ['a step as text', { run: (r: Run) => ({ ...r, step: 'two' }) }, 'its step must be an integer >= 0, got "two"'],
    ['no step', { run: (r: Run) => ({ ...r, step: undefined }) }, 'its step must be an integer >= 0, got nothing'],
    ['no history', { run: (r: Run) => ({ ...r, history: null }) }, 'its history must be a list of losses, got null'],
    [
      'an empty history',
      { run: (r: Run) => ({ ...r, history: [] }) },
      'its history must have 2 to 4 losses at step 3, got 0',
    ],
    [
      'a history of more losses than steps',
      { run: (r: Run) => ({ ...r, history: [1, 2, 3, 4, 5] }) },
      'its history must have 2 to 4 losses at step 3, got 5',
    ],
    [
      'a loss that is not finite',
      { run: (r: Run) => ({ ...r, history: [1, null, 2] }) },
      'its history must be finite numbers, got null at index 1',
    ],
    [
      'no identity',
      { run: (r: Run) => ({ ...r, identity: undefined }) },
      'its identity must be an object of strings, got nothing',
    ],
    [
      'an identity of numbers',
      { run: (r: Run) => ({ ...r, identity: { seed: 0 } }) },
      'its identity must be an object of strings, got {"seed":0}',
    ],
    [
      'an environment that is a list',
      { run: (r: Run) => ({ ...r, environment: ['cpu'] }) },
      'its environment must be an object',
    ],
    ['a list for a run', { run: () => [1] }, 'the description of its run must be an object, got [1]'],
    ['no JSON', { text: '{"step":' }, 'the description of its run must be JSON'],
    [
      'a vector of the optimizer of another rank',
      { state: s => s.set('optimizer.0', { shape: [1, P], data: new Float32Array(P) }) },
      `its optimizer.0 must be a vector, got [1, ${P}]`,
    ],
    [
      'a vector of the optimizer of integers',
      { state: s => s.set('optimizer.0', { shape: [P], data: new Int32Array(P) }) },
      'its optimizer.0 must be float32',
    ],
    [
      'a vector of the optimizer that is not finite',
      { state: s => s.set('optimizer.0', vector(...new Array<number>(P).fill(1).with(3, Number.NaN))) },
      `optimizer.0[3] is NaN (1 of ${P} values are not finite)`,
    ],
    [
      'a gap in the state',
      { state: s => s.delete('optimizer.0') },
      'its state must be parameters and optimizer.0 ..., got optimizer.1',
    ],
    [
      'an unknown state array',
      { state: s => s.set('\u001b[31mred', vector(...new Array<number>(P).fill(0))) },
      'got optimizer.0, optimizer.1, \\u{1b}[31mred',
    ],
    [
      'parameters of another length beside the average',
      { state: s => s.set('parameters', vector(1)) },
      `its parameters must be [${P}], one value for each parameter, got [1]`,
    ],
  ] as [string, Parameters<typeof changed>[1], string][])('with %s is damaged', (_, change, message) => {
    const damaged = changed(bytes, change);
    expect(() => decodeCheckpoint(damaged)).toThrow(CheckpointError);
    expect(() => decodeCheckpoint(damaged)).toThrow(message);
    expect(() => decodeCheckpoint(damaged)).toThrow(/^fit: the checkpoint is damaged: /);
  });

  it('without the state of a run is a field', () => {
    const { spec, parameters } = decodeFieldData(bytes);
    expect(() => decodeCheckpoint(encodeFieldData({ spec, parameters }))).toThrow(
      'the file is a field without the state of a run',
    );
  });
});

describe('a run', () => {
  it.each([
    [
      'a vector of Adam is missing',
      {},
      { state: s => s.delete('optimizer.1') },
      'it must have the 2 vectors of adam, got 1',
    ],
    [
      'a vector of Adam is too short',
      {},
      { state: s => s.set('optimizer.1', vector(1, 2)) },
      `its optimizer.1 must be [${P}], got [2]`,
    ],
    [
      'a vector of a pair is too short',
      { optimizer: lbfgs({ maxIterations: 2 }) },
      { state: s => s.set('optimizer.1', vector(1, 2)) },
      `the state of lbfgs: its vectors must be [${P}], got [2]`,
    ],
    [
      'there is one vector more than Adam has',
      {},
      { state: s => s.set('optimizer.2', s.get('optimizer.1') as ShapedArray) },
      'it must have the 2 vectors of adam, got 3',
    ],
    [
      'a second moment is negative, which leads to the root of a negative number',
      {},
      { state: s => s.set('optimizer.1', vector(...new Array<number>(P).fill(1).with(2, -0.25))) },
      'the state of adam: its second moment must not be negative, got -0.25 at index 2',
    ],
    [
      'a vector of a pair is missing',
      { optimizer: lbfgs({ maxIterations: 2 }) },
      { state: s => s.delete([...s.keys()].at(-1) as string) },
      'the state of lbfgs: it must have at most 100 pairs of vectors, got',
    ],
    [
      'the parameters beside the average are missing',
      { averageDecay: 0.5 },
      { state: s => s.delete('parameters') },
      'it has an average, but not the parameters themselves',
    ],
    [
      'there is an unexpected average',
      {},
      { state: s => s.set('parameters', s.get('optimizer.0') as ShapedArray) },
      'it has an average, which this run does not maintain',
    ],
  ] as [string, Partial<FitOptions>, Parameters<typeof changed>[1], string][])(
    'is not resumed where %s',
    async (_, options, change, message) => {
      const store = memoryStore(changed(await saved(options), change));
      const attempt = run({ steps: 5, ...options, checkpoint: { store, identity: { file: 'a' } } });
      await expect(attempt).rejects.toMatchObject({ name: 'CheckpointError', problem: 'damaged' });
      await expect(attempt).rejects.toThrow(message);
    },
  );

  it('is not resumed beyond its last step', async () => {
    const attempt = run({ steps: 2, checkpoint: { store: memoryStore(bytes), identity: { file: 'a' } } });
    await expect(attempt).rejects.toThrow('the checkpoint is at step 3, beyond the 2 steps of this run');
    await expect(attempt).rejects.toMatchObject({ problem: 'another-run' });
  });

  it('does not treat properties of Object.prototype as part of its identity', async () => {
    const other = changed(bytes, { run: r => ({ ...r, identity: { ...(r.identity as object), toString: 'a' } }) });
    await expect(run({ steps: 4, checkpoint: { store: memoryStore(other), identity: { file: 'a' } } })).rejects.toThrow(
      "its toString is a, but this run's is absent",
    );
  });

  it('warns when it resumes in another environment', async () => {
    const elsewhere = changed(bytes, {
      run: r => ({ ...r, environment: { backend: 'simd', threads: '8', chunkSize: '64' } }),
    });
    const warnings: string[] = [];
    const go = async (store: ReturnType<typeof memoryStore>, chunkSize: number): Promise<readonly string[]> => {
      warnings.length = 0;
      const checkpoint = {
        store,
        identity: { file: 'a' },
        onWarning: (message: string) => void warnings.push(message),
      };
      await run({ steps: 4, chunkSize, checkpoint });
      return warnings;
    };
    expect(await go(memoryStore(elsewhere), 64)).toEqual([
      'the checkpoint was written in another environment (backend simd, now cpu; threads 8, now unknown): ' +
        'the results will differ by rounding from those of an uninterrupted run',
    ]);
    const unsaid = changed(bytes, { run: r => ({ ...r, environment: undefined }) });
    expect(await go(memoryStore(unsaid), 64)).toEqual([]);
    const own = await saved({ optimizer: adam(), chunkSize: 5 });
    expect(await go(memoryStore(own), 5)).toEqual([]);
    expect(await go(memoryStore(own), 6)).toHaveLength(1);
  });
});
