/** @file Meta-learning: gradients through the inner steps against float64, and what they are good for. */
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { adam, createField, createRng, fit, pointwiseLoss, siren, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { memory, setBackend, type Tensor1D, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createMetaLearner,
  type MetaLearner,
  type MetaLearnerOptions,
  metaTerms,
  type Observation,
  type Signal,
  signalPoints,
} from '../src/index.ts';
import { jetAt } from './prior-oracle.ts';

beforeAll(() => setBackend('simd'));

const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const OMEGA = 3;
const small = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: OMEGA });
const P = 13;

const waves = (count: number, seed: number, n = 16): Signal[] => {
  const rng = createRng(seed);
  const coords = Float32Array.from({ length: n }, (_, i) => -1 + (2 * i + 1) / n);
  return Array.from({ length: count }, () => {
    const [amplitude, phase] = [0.5 + 0.5 * rng.uniform(), 2 * rng.uniform() - 1];
    return { coords, targets: { value: coords.map(x => amplitude * Math.sin(3 * x + phase)) } };
  });
};

const observed = (signals: readonly Signal[]): Observation[] =>
  signals.map(({ coords, targets }) => ({ coords, values: targets['value'] as Float32Array }));

/** The mean squared error of the small field with parameters w. */
const errorOf = (w: Float64Array, { coords, targets }: Signal): number => {
  const layers = [
    { weight: w.subarray(0, 4), bias: w.subarray(4, 8) },
    { weight: w.subarray(8, 12), bias: w.subarray(12, 13) },
  ];
  return coords.reduce((sum, x, i) => {
    const [value] = jetAt(layers, OMEGA, [x]).value;
    return sum + ((value as number) - (targets['value']?.[i] as number)) ** 2 / coords.length;
  }, 0);
};

/** The gradient of a function of u by central differences. */
const differences = (of: (u: Float64Array) => number, u: Float64Array, h = 1e-5): Float64Array =>
  u.map((_, k) => {
    const at = (step: number): number => of(u.map((x, i) => (i === k ? x + step : x)));
    return (at(h) - at(-h)) / (2 * h);
  });

/** The adapted parameters of a signal, in float64. */
const adaptedTo = (learner: MetaLearner, flat: Float64Array, signal: Signal): Float64Array => {
  const { layout } = learner;
  const get = (name: string): Float64Array => {
    const { offset, size } = layout.entry(name);
    return flat.subarray(offset, offset + size);
  };
  const [start, rates] = [flat.subarray(0, P), get('meta.rates')];
  const shift = layout.has('meta.layers.0.bias.shift') ? get('meta.layers.0.bias.shift') : undefined;
  const fieldOf = (u: Float64Array): Float64Array =>
    shift
      ? start.map((x, i) =>
          i < 4 || i >= 8 ? x : u.reduce((sum, value, l) => sum + value * (shift[4 * l + i - 4] as number), x),
        )
      : u;
  let u: Float64Array = shift ? new Float64Array(rates.length) : start.slice();
  for (let step = 0; step < 2; step++) {
    const gradient = differences(at => errorOf(fieldOf(at), signal), u);
    u = u.map((x, i) => x - (rates[i] as number) * (gradient[i] as number));
  }
  return fieldOf(u);
};

const flatOf = async ({ layout, parameters }: MetaLearner): Promise<Float64Array> => {
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.entries) flat.set(await (parameters[name] as Tensor1D).data(), offset);
  return flat;
};

/** The gradient of the first step. */
const gradientOf = async (learner: MetaLearner, signals: readonly Signal[]): Promise<Float32Array> => {
  let seen = new Float32Array(0);
  const watching = {
    kind: 'watching',
    learningRate: 1,
    settings: {},
    stateSize: 0,
    update: ({ parameters, gradient }: { parameters: Tensor1D; gradient: Tensor1D }) => {
      seen = Float32Array.from(gradient.dataSync());
      return { parameters: parameters.clone(), state: [] };
    },
  };
  const terms = metaTerms(learner, { points: signalPoints(learner, signals, { inOrder: true }), loss });
  for await (const _ of fit(learner, terms, { steps: 1, optimizer: watching }));
  return seen;
};

const learnerOf = (options: Partial<MetaLearnerOptions<Record<never, never>>>): MetaLearner =>
  createMetaLearner({ field: small, loss, innerSteps: 2, innerRate: 0.05, signalsPerStep: 2, seed: 4, ...options });

describe('the gradient of the outer loss', () => {
  const two = waves(2, 1, 6);

  it.each([['all parameters', {}] as const, ['modulations', { latentFeatures: 3 }] as const])(
    'goes through the inner steps: %s',
    async (_, options) => {
      const learner = learnerOf(options);
      const flat = await flatOf(learner);
      const before = memory().numTensors;
      const got = await gradientOf(learner, two);
      expect(memory().numTensors).toBe(before);
      const total = (at: Float64Array): number =>
        two.reduce((sum, signal) => sum + errorOf(adaptedTo(learner, at, signal), signal), 0);
      const wanted = differences(total, flat, 1e-4);
      const scale = Math.hypot(...wanted);
      expect(scale).toBeGreaterThan(0.1);
      for (const [i, value] of wanted.entries())
        expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-4 * scale);
      learner.dispose();
    },
  );

  it('is that at the adapted parameters with first-order-maml', async () => {
    const learner = learnerOf({ method: 'first-order-maml', learnRates: false });
    const flat = await flatOf(learner);
    const got = await gradientOf(learner, two);
    const wanted = two
      .map(signal => differences(w => errorOf(w, signal), adaptedTo(learner, flat, signal)))
      .reduce((a, b) => a.map((x, i) => x + (b[i] as number)));
    for (const [i, value] of wanted.entries()) expect((got[i] as number) - value).toBeCloseTo(0, 4);
    expect(got.subarray(P).every(x => x === 0)).toBe(true);
    learner.dispose();
  });

  it('is the change by the inner steps with reptile', async () => {
    const learner = learnerOf({ method: 'reptile' });
    const flat = await flatOf(learner);
    const got = await gradientOf(learner, two);
    const ends = two.map(signal => adaptedTo(learner, flat, signal));
    for (let i = 0; i < P; i++) {
      const change = ends.reduce((sum, end) => sum + (flat[i] as number) - (end[i] as number), 0);
      expect((got[i] as number) - change / P).toBeCloseTo(0, 5);
    }
    learner.dispose();
  });
});

describe('a learned start', () => {
  const field = siren({
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 16,
    hiddenLayers: 1,
    omega0: 4,
    omegaHidden: 4,
  });
  const test = waves(8, 2);

  const errorAfter = async (learner: MetaLearner, steps?: number): Promise<number> => {
    const fields = learner.adapt(observed(test), steps);
    const at = tensor2d(test[0]?.coords as Float32Array, [16, 1]);
    const values = fields.evaluate(at);
    const got = await values.data();
    const error = test.reduce(
      (sum, { targets }, b) =>
        sum +
        (targets['value'] as Float32Array).reduce((a, v, i) => a + (v - (got[16 * b + i] as number)) ** 2, 0) / 128,
      0,
    );
    for (const tensor of [at, values]) tensor.dispose();
    fields.dispose();
    return error;
  };

  it.each([
    ['maml', {}, 150, 1e-2],
    ['first-order-maml', {}, 150, 2e-2],
    ['maml', { latentFeatures: 8, innerRate: 0.1 }, 150, 2e-2],
    ['reptile', { innerRate: 0.03 }, 150, 0.12],
  ] as const)('fits new signals in three steps: %s %j', async (method, options, steps, goal) => {
    const learner = createMetaLearner({ field, loss, method, signalsPerStep: 8, seed: 1, ...options });
    const before = memory().numTensors;
    const untrained = await errorAfter(learner);
    const terms = metaTerms(learner, { points: signalPoints(learner, waves(64, 1)), loss });
    const settings = { steps, reportEvery: 50, optimizer: adam({ learningRate: 3e-3 }) };
    for await (const _ of fit(learner, terms, settings));
    const [start, adapted] = [await errorAfter(learner, 0), await errorAfter(learner)];
    expect(adapted).toBeLessThan(goal);
    expect(adapted).toBeLessThan(start / 1.5);
    expect(adapted).toBeLessThan(untrained);
    expect(memory().numTensors).toBe(before);
    learner.dispose();
  });

  it('reaches in 3 steps what Adam needs more than 30 for from the initialisation of SIREN, at its best rate', async () => {
    const learner = createMetaLearner({ field, loss, signalsPerStep: 8, seed: 1 });
    const terms = metaTerms(learner, { points: signalPoints(learner, waves(64, 1)), loss });
    for await (const _ of fit(learner, terms, {
      steps: 250,
      reportEvery: 100,
      optimizer: adam({ learningRate: 3e-3 }),
    }));
    const reached = await errorAfter(learner);
    const errors: number[] = [];
    for (const learningRate of [1e-3, 3e-3, 1e-2, 3e-2]) {
      const one = createField(field, { seed: 1 });
      const [signal] = test as [Signal];
      const points = {
        inFeatures: 1,
        pointsPerStep: 16,
        fixed: true,
        draw: () => ({ coords: signal.coords, targets: signal.targets }),
      };
      const settings = { steps: 30, reportEvery: 30, optimizer: adam({ learningRate }) };
      for await (const report of fit(one, [term({ points, loss })], settings)) errors.push(report.loss);
      one.dispose();
    }
    expect(Math.min(...errors)).toBeGreaterThan(reached);
    learner.dispose();
  });
});

it('gives the modulations of signals, from which the adapted fields are made', async () => {
  const learner = learnerOf({ latentFeatures: 3, innerSteps: 2 });
  const signals = observed(waves(2, 4));
  const modulations = learner.modulations(signals);
  expect(modulations.shape).toEqual([2, 3]);
  const { z, shift, bias } = {
    z: await modulations.array(),
    shift: await (learner.parameters['meta.layers.0.bias.shift'] as Tensor2D).array(),
    bias: await (learner.parameters['start.layers.0.bias'] as Tensor1D).array(),
  };
  const fields = learner.adapt(signals);
  const own = await (fields.parameters['layers.0.bias'] as Tensor2D).array();
  for (const [i, row] of z.entries())
    for (const [o, b] of bias.entries())
      expect(own[i]?.[o]).toBeCloseTo(b + row.reduce((sum, each, k) => sum + each * (shift[k]?.[o] as number), 0), 5);
  expect(Math.max(...z.flat().map(Math.abs))).toBeGreaterThan(0);
  const none = learner.modulations(signals, 0);
  expect([...(await none.data())]).toEqual(new Array(6).fill(0));
  for (const tensor of [modulations, none]) tensor.dispose();
  for (const model of [fields, learner]) model.dispose();
  expect(() => learnerOf({}).modulations(signals)).toThrow('it needs createMetaLearner({ latentFeatures })');
});

it('names wrong options', () => {
  expect(() => learnerOf({ innerSteps: 0 })).toThrow('createMetaLearner: innerSteps must be a positive integer, got 0');
  expect(() => learnerOf({ method: 'other' as never })).toThrow('method must be maml, first-order-maml, reptile, got');
  expect(() => learnerOf({ method: 'reptile', latentFeatures: 3 })).toThrow(
    'latentFeatures must be absent with reptile',
  );
  const learner = learnerOf({});
  const [a, b] = [waves(1, 1, 4), waves(1, 1, 5)].map(observed) as [Observation[], Observation[]];
  expect(() => learner.adapt([...a, ...b])).toThrow('the observations must have the same number k of samples');
  learner.dispose();
});
