/** @file Fits that change their model. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  type Adapter,
  adam,
  createField,
  type Field,
  type FieldSpec,
  type FitOptions,
  type FitProgress,
  fit,
  type Model,
  mapParameters,
  type ParameterEntry,
  type ParameterView,
  pointwiseLoss,
  siren,
  term,
} from '../../src/index.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const sized = (hiddenFeatures: number): FieldSpec =>
  siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures, hiddenLayers: 0, omega0: 5 });
const coords = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
const value = coords.map(x => Math.sin(4 * x));
const points = { inFeatures: 1, pointsPerStep: 16, fixed: true, draw: () => ({ coords, targets: { value } }) };
const task = [term({ points, loss: pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared }) })];

/** The first features of a matrix's hidden rows or columns, padded with 0. */
const resized =
  (from: number, to: number) =>
  ({ name, size }: ParameterEntry, old: ReadonlyMap<string, ParameterView>): Float32Array => {
    const data = old.get(name)?.data as Float32Array;
    const numbers = new Float32Array(size);
    numbers.set(data.subarray(0, data.length === from ? Math.min(from, to) : data.length));
    return numbers;
  };

/** Removes two features after step 4, and adds three after step 8. */
const adapter = (made: Field[]): Adapter => ({
  describe: () => '4: 6 features, 8: 9 features',
  change: ({ model }, { step }) => {
    const wanted = { 4: 6, 8: 9 }[step];
    if (wanted === undefined) return undefined;
    const next = createField(sized(wanted), { seed: 0 });
    made.push(next);
    const before = (model as Field).layout.entry('layers.0.bias').size;
    return { model: next, map: vector => mapParameters(vector, model.layout, next.layout, resized(before, wanted)) };
  },
  restore: description => {
    const field = createField((description as Field['description']).spec, { seed: 0 });
    made.push(field);
    return field;
  },
});

const run = async (
  options: Partial<FitOptions> = {},
): Promise<{ reports: FitProgress[]; last: Model; values: number[] }> => {
  const made: Field[] = [createField(sized(8), { seed: 1 })];
  const reports: FitProgress[] = [];
  const settings: FitOptions = {
    steps: 12,
    optimizer: adam({ learningRate: 1e-2 }),
    averageDecay: 0.8,
    adapt: adapter(made),
    ...options,
  };
  for await (const progress of fit(made[0] as Field, task, settings)) reports.push(progress);
  const last = reports.at(-1)?.model as Model;
  const values = await Promise.all(
    Object.values(last.parameters).map(async parameter => [...(await parameter.data())]),
  );
  for (const field of made) field.dispose();
  return { reports, last, values: values.flat() };
};

describe('adapt', () => {
  it('changes the model and continues training, without leaks', async () => {
    const before = memory().numTensors;
    const { reports } = await run();
    expect(memory().numTensors).toBe(before);
    const widths = reports.map(({ model }) => model.layout.entry('layers.0.bias').size);
    expect(widths).toEqual([8, 8, 8, 6, 6, 6, 6, 9, 9, 9, 9, 9]);
    expect(reports.at(-1)?.loss).toBeLessThan(reports[8]?.loss as number);
  });

  it('keeps the parameters and the optimizer state of remaining parameters', async () => {
    // A change to the same size with the same values has no effect.
    const same: Adapter = {
      describe: () => 'same',
      change: ({ model }, { step }) => {
        const next = createField(sized(8), { seed: 5 });
        return step % 3 === 0
          ? { model: next, map: vector => mapParameters(vector, model.layout, next.layout, resized(8, 8)) }
          : undefined;
      },
      restore: () => createField(sized(8), { seed: 0 }),
    };
    const field = createField(sized(8), { seed: 1 });
    const plain: number[] = [];
    for await (const { loss } of fit(field, task, { steps: 12, optimizer: adam({ learningRate: 1e-2 }) }))
      plain.push(loss);
    const { reports } = await run({ adapt: same });
    expect(reports.map(({ loss }) => loss)).toEqual(plain);
  });

  it('resumes to the same bits from any checkpoint', async () => {
    const store = memoryStore();
    const whole = await run({ checkpoint: { store, everySteps: 1 } });
    for (const checkpoint of store.written) {
      const again = memoryStore(checkpoint);
      await run({ steps: 12, checkpoint: { store: again, everySteps: 1 } }).catch((error: unknown) => {
        // The last checkpoint is that of the last step, so nothing is reported.
        if (checkpoint !== store.written.at(-1)) throw error;
      });
      expect(again.written.at(-1)).toEqual(store.written.at(-1));
    }
    expect(whole.reports.length).toBe(12);
  });

  it('rejects the checkpoint of another adapter, and must be passed again on resume', async () => {
    const store = memoryStore();
    await run({ checkpoint: { store, everySteps: 1 } });
    const field = createField(sized(8), { seed: 1 });
    const attempt = async (): Promise<void> => {
      for await (const _ of fit(field, task, {
        steps: 12,
        checkpoint: { store },
        averageDecay: 0.8,
        optimizer: adam({ learningRate: 1e-2 }),
      }))
        break;
    };
    await expect(attempt()).rejects.toThrow('another run: its network');
  });

  it('rejects invalid results', async () => {
    const wrong: Adapter = {
      describe: () => 'wrong',
      change: () => ({ model: createField(sized(3), { seed: 0 }), map: vector => vector }),
      restore: () => createField(sized(3), { seed: 0 }),
    };
    await expect(run({ adapt: wrong })).rejects.toThrow(
      'adapt must map parameters to 10 values in a Float32Array, got 25',
    );
  });
});
