/** @file Layers with statistics over all points of a step. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, slice, sub, type Tensor1D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  adam,
  createField,
  createFieldBatch,
  type FieldSpec,
  type FitOptions,
  type FitProgress,
  fit,
  type GradientOptimizer,
  type LayerSpec,
  lbfgs,
  pointwiseLoss,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const HIDDEN = 4;
const N = 18;
const EPSILON = 1e-3;
const plain = siren({
  inFeatures: 2,
  outFeatures: 1,
  hiddenFeatures: HIDDEN,
  hiddenLayers: 1,
  omega0: 3,
  omegaHidden: 2,
});
const [first, second, last] = plain.layers as [LayerSpec, LayerSpec, LayerSpec];
const norm = { kind: 'batch-norm', epsilon: EPSILON, momentum: 0.25 };
const spec: FieldSpec = { inFeatures: 2, layers: [first, norm, second, { ...norm, affine: false } as LayerSpec, last] };

const coords = Float32Array.from({ length: 2 * N }, (_, i) => Math.sin(7 * i + 1));
const value = Float32Array.from({ length: N }, (_, i) => Math.cos(3 * i));
const task: readonly Term[] = [
  term({
    points: {
      inFeatures: 2,
      pointsPerStep: N,
      fixed: true,
      draw: (start, count) => ({
        coords: coords.slice(2 * start, 2 * (start + count)),
        targets: { value: value.slice(start, start + count) },
      }),
    },
    loss: pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared }),
  }),
];

/**
 * Passes the gradient, segment by segment and without untrained parameters, to the test, and leaves the parameters
 * unchanged.
 */
const watching = (seen: number[][]): GradientOptimizer => ({
  kind: 'watching',
  learningRate: 1,
  settings: {},
  stateSize: 0,
  update: ({ parameters, gradient }) => {
    seen.push([...gradient.dataSync()]);
    return { parameters: parameters.clone() as Tensor1D, state: [] };
  },
});

type Parameters = ReadonlyMap<string, readonly number[]>;

const read = (field: ReturnType<typeof createField>): Parameters =>
  new Map(Object.entries(field.parameters).map(([name, variable]) => [name, [...variable.dataSync()]]));

/** The same network in float64: the loss over all points, and the statistics of both layers. */
const reference = (parameters: Parameters): { loss: number; statistics: number[][] } => {
  const get = (name: string): readonly number[] => parameters.get(name) as readonly number[];
  const statistics: number[][] = [];
  const dense = (rows: number[][], layer: number, omega: number | undefined): number[][] => {
    const [weight, bias] = [get(`layers.${layer}.weight`), get(`layers.${layer}.bias`)];
    return rows.map(row =>
      bias.map((b, j) => {
        const z = row.reduce((sum, x, i) => sum + x * (weight[i * bias.length + j] as number), b);
        return omega === undefined ? z : Math.sin(omega * z);
      }),
    );
  };
  const normalise = (rows: number[][]): number[][] => {
    const columns = (rows[0] as number[]).map((_, j) => rows.map(row => row[j] as number));
    const means = columns.map(column => column.reduce((sum, x) => sum + x, 0) / N);
    const variances = columns.map(
      (column, j) => column.reduce((sum, x) => sum + (x - (means[j] as number)) ** 2, 0) / N,
    );
    statistics.push(means, variances);
    return rows.map(row =>
      row.map((x, j) => (x - (means[j] as number)) / Math.sqrt((variances[j] as number) + EPSILON)),
    );
  };
  const points = Array.from({ length: N }, (_, i) => [coords[2 * i] as number, coords[2 * i + 1] as number]);
  const scaled = normalise(dense(points, 0, 3)).map(row =>
    row.map((x, j) => x * (get('layers.1.scale')[j] as number) + (get('layers.1.shift')[j] as number)),
  );
  const out = dense(normalise(dense(scaled, 2, 2)), 4, undefined);
  const loss = out.reduce((sum, [y = 0], i) => sum + (y - (value[i] as number)) ** 2, 0) / N;
  return { loss, statistics };
};

const run = async (options: Partial<FitOptions>) => {
  const field = createField(spec, { seed: 2 });
  const reports: FitProgress[] = [];
  try {
    const settings = { steps: 6, optimizer: adam({ learningRate: 1e-2, weightDecay: 0.1 }), ...options };
    for await (const progress of fit(field, task, settings)) reports.push(progress);
    return { reports, parameters: read(field) };
  } finally {
    field.dispose();
  }
};

describe('a layer with statistics over all points of a step', () => {
  it('matches the loss and the gradient in float64, in chunks of any size', async () => {
    const field = createField(spec, { seed: 2 });
    // Scales and shifts that differ from 1 and 0.
    field.parameters['layers.1.scale']?.assign(tensor1d([0.7, -1.2, 0.5, 1.4]));
    field.parameters['layers.1.shift']?.assign(tensor1d([0.1, -0.3, 0.2, 0.4]));
    const start = read(field);
    for (const chunkSize of [N, 7]) {
      const seen: number[][] = [];
      const copy = createField(spec, {
        parameters: Object.fromEntries([...start].map(([name, numbers]) => [name, Float32Array.from(numbers)])),
      });
      for await (const { loss } of fit(copy, task, { steps: 1, optimizer: watching(seen), chunkSize }))
        expect(loss).toBeCloseTo(reference(start).loss, 5);
      const gradient = seen.flat();
      for (const { name, size, trained } of field.layout.entries) {
        if (!trained) continue;
        for (let i = 0; i < size; i++) {
          const got = gradient.shift() as number;
          const at = (change: number): number => {
            const numbers = [...(start.get(name) as readonly number[])];
            numbers[i] = (numbers[i] as number) + change;
            return reference(new Map(start).set(name, numbers)).loss;
          };
          const wanted = (at(1e-5) - at(-1e-5)) / 2e-5;
          expect(Math.abs(got - wanted)).toBeLessThan(2e-5 + 2e-4 * Math.abs(wanted));
        }
      }
      expect(gradient).toEqual([]);
      copy.dispose();
    }
    field.dispose();
  });

  it('maintains running averages like PyTorch, and uses them for evaluation', async () => {
    const { parameters } = await run({ steps: 2, optimizer: watching([]), chunkSize: 7 });
    const { statistics } = reference(parameters);
    const names = [
      'layers.1.running.mean',
      'layers.1.running.variance',
      'layers.3.running.mean',
      'layers.3.running.variance',
    ];
    for (const [index, name] of names.entries()) {
      const isVariance = index % 2 === 1;
      for (const [j, got] of (parameters.get(name) as number[]).entries()) {
        const batch = (statistics[index]?.[j] as number) * (isVariance ? N / (N - 1) : 1);
        expect(got).toBeCloseTo(0.75 ** 2 * Number(isVariance) + (1 - 0.75 ** 2) * batch, 5);
      }
    }
    const field = createField(spec, {
      parameters: Object.fromEntries([...parameters].map(([name, numbers]) => [name, Float32Array.from(numbers)])),
    });
    // A single point has no statistics.
    const one = field.evaluate(tensor2d(coords.slice(0, 2), [1, 2]));
    const all = field.evaluate(tensor2d(coords, [N, 2]));
    expect(sub(one, slice(all, [0, 0], [1, 1])).dataSync()[0]).toBeCloseTo(0, 6);
    field.dispose();
  });

  it('trains, leaks nothing, and resumes to the same bits from any checkpoint', async () => {
    const before = memory().numTensors;
    const store = memoryStore();
    const options = { chunkSize: 7, averageDecay: 0.5 };
    const whole = await run({ ...options, checkpoint: { store, everySteps: 1 } });
    for (const checkpoint of store.written.slice(0, -1)) {
      const again = memoryStore(checkpoint);
      expect((await run({ ...options, checkpoint: { store: again, everySteps: 1 } })).parameters).toEqual(
        whole.parameters,
      );
      expect(again.written.at(-1)).toEqual(store.written.at(-1));
    }
    expect(memory().numTensors).toBe(before);
    const long = await run({ steps: 60 });
    expect(long.reports.at(-1)?.loss).toBeLessThan(0.5 * (long.reports[0]?.loss as number));
  });

  it('works with a search optimizer', async () => {
    const { reports, parameters } = await run({ steps: 8, optimizer: lbfgs() });
    expect(reports.at(-1)?.loss).toBeLessThan(0.5 * (reports[0]?.loss as number));
    expect(parameters.get('layers.1.running.mean')?.every(mean => mean !== 0)).toBe(true);
  });

  it('is rejected where its statistics are undefined', async () => {
    const batch = createFieldBatch(spec, { count: 2, seed: 1 });
    const attempt = async (): Promise<void> => {
      for await (const _ of fit(batch, task, { steps: 1 })) break;
    };
    await expect(attempt()).rejects.toThrow('do not support batches of fields');
    batch.dispose();
    const wrong = { ...spec, layers: [{ ...norm, momentum: 2 } as LayerSpec, last] };
    expect(() => createField(wrong, { seed: 1 })).toThrow('momentum must be a number in [0, 1], got 2');
  });
});
