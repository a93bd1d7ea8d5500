import '@neural-fields/kernels-wasm';
import {
  adam,
  cosine,
  createField,
  createRng,
  type Field,
  fit,
  lbfgs,
  type Model,
  type ObjectiveTerm,
  type Optimizer,
  type ParameterProjection,
  type PointSource,
  pointwiseLoss,
  siren,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { muon } from '@neural-fields/core/optimizers';
import { amplitudeSpectrum } from '@neural-fields/core/spectra';
import { memory, setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyBounds, bounds, createLearnedBounds, periodicExtensions, sinusoidalPair, tuner } from '../src/index.ts';

beforeAll(() => setBackend('simd'));

const extensions = periodicExtensions;
const PERIOD = 4;
const STEPS = 800;
const SAMPLES = 64;
const spec = tuner({
  inFeatures: 1,
  outFeatures: 1,
  hiddenFeatures: 48,
  maxFrequency: 16,
  lowFrequency: 6,
  period: PERIOD,
});

/** A step and noise: content up to the Nyquist frequency of its samples, 16 cycles per unit. */
const signal: PointSource = (() => {
  const rng = createRng(8);
  const coords = Float32Array.from({ length: SAMPLES }, (_, i) => -1 + (2 * (i + 0.5)) / SAMPLES);
  const value = coords.map(x => (x > 0.1 ? 0.7 : -0.5) + 0.3 * rng.normal());
  return {
    inFeatures: 1,
    pointsPerStep: SAMPLES,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(start, start + count),
      targets: { value: value.slice(start, start + count) },
    }),
  };
})();
const task = term({
  points: signal,
  loss: pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared }),
});

const train = async (
  model: Model,
  steps: number,
  {
    project,
    optimizer = adam({ learningRate: 3e-3 }),
    terms = [task],
  }: { project?: ParameterProjection; optimizer?: Optimizer; terms?: readonly ObjectiveTerm[] } = {},
): Promise<number> => {
  let last = Number.NaN;
  const schedule = optimizer.kind === 'lbfgs' ? {} : { schedule: cosine() };
  const options = { steps, optimizer, ...schedule, reportEvery: steps, ...(project && { project }) };
  for await (const { loss } of fit(model, terms, options)) last = loss;
  return last;
};

/** The share of the field's energy, but for its mean, at more than `limit` cycles per unit. */
const energyAbove = (field: Field, limit: number): number => {
  const count = 1024;
  const coords = tidy(() => {
    const x = Array.from({ length: count }, (_, i) => [(PERIOD * i) / count]);
    return field.evaluate(tensor2d(x)).dataSync();
  });
  const { amplitudes, frequencies } = amplitudeSpectrum({ data: coords, shape: [count] }, { spacing: PERIOD / count });
  let [above, all] = [0, 0];
  for (const [i, f] of (frequencies[0] as Float64Array).entries()) {
    const energy = f === 0 ? 0 : (amplitudes[i] as number) ** 2;
    all += energy;
    if (Math.abs(f) > limit) above += energy;
  }
  return above / all;
};

/** The largest |W_eff| of low and of high input frequencies. */
const largestWeights = async (field: Field): Promise<{ low: number; high: number }> => {
  const { frequencies, weights, biases } = await sinusoidalPair(field);
  const result = { low: 0, high: 0 };
  for (const [j, omega] of frequencies.entries()) {
    const row = weights.subarray(j * biases.length, (j + 1) * biases.length);
    const kind = Math.round((omega * PERIOD) / (2 * Math.PI)) <= 6 ? 'low' : 'high';
    result[kind] = Math.max(result[kind], ...row.map(Math.abs));
  }
  return result;
};

const create = (): Field => createField(spec, { seed: 1, extensions });

describe('bounds', () => {
  it.each([adam({ learningRate: 2e-2 }), muon({ learningRate: 2e-2 }), lbfgs()])(
    'hold after every update of $kind, where training without them exceeds them',
    async optimizer => {
      const limits = { low: 0.5, high: 0.2 };
      const [free, bounded] = [create(), create()];
      const before = memory().numTensors;
      await train(free, 12, { optimizer });
      await train(bounded, 12, { optimizer, project: bounds(spec, limits) });
      expect(memory().numTensors).toBe(before);
      const [without, within] = [await largestWeights(free), await largestWeights(bounded)];
      expect(without.high).toBeGreaterThan(limits.high);
      // Each is reached, to the rounding of float32.
      expect(within.low).toBeLessThanOrEqual(limits.low * (1 + 1e-6));
      expect(within.high).toBeLessThanOrEqual(limits.high * (1 + 1e-6));
      expect(within.high).toBeGreaterThan(0.9 * limits.high);
      free.dispose();
      bounded.dispose();
    },
  );

  it('leave all other parameters as they are', () => {
    const field = create();
    tidy(() => {
      const flat = field.layout.join(field.layout.pick(field.parameters));
      const clamped = bounds(spec, { low: 1e-3, high: 1e-4 })(flat, field.layout);
      const [before, after] = [flat.dataSync() as Float32Array, clamped.dataSync() as Float32Array];
      for (const { name } of field.layout.entries)
        if (name !== 'layers.1.weight') expect(field.layout.view(after, name)).toEqual(field.layout.view(before, name));
      expect(Math.max(...field.layout.view(after, 'layers.1.weight').map(Math.abs))).toBeCloseTo(1e-3 / 30, 8);
    });
    field.dispose();
  });

  it('can be applied to the initial weights', async () => {
    const field = create();
    applyBounds(field, { low: 0.1, high: 0.05 });
    const { low, high } = await largestWeights(field);
    expect(low).toBeCloseTo(0.1, 6);
    expect(high).toBeCloseTo(0.05, 6);
    field.dispose();
  });

  it('keep the energy above the Nyquist frequency low, where training without them leaks', async () => {
    const [free, bounded] = [create(), create()];
    const errors = [
      await train(free, STEPS),
      await train(bounded, STEPS, { project: bounds(spec, { low: 0.6, high: 0.1 }) }),
    ];
    // Both fit the samples: their variance is 0.45.
    for (const error of errors) expect(error).toBeLessThan(5e-3);
    const nyquist = SAMPLES / 4;
    expect(energyAbove(free, nyquist)).toBeGreaterThan(5e-3);
    expect(energyAbove(bounded, nyquist)).toBeLessThan(1e-3);
    free.dispose();
    bounded.dispose();
  });

  it('refuse other networks and bad bounds', () => {
    const other = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 });
    expect(() => bounds(other, { low: 1, high: 1 })).toThrow(
      "must begin with a periodic layer, as that of tuner, got 'dense'",
    );
    expect(() => bounds(spec, { low: 0, high: 1 })).toThrow('bounds: low must be a positive number, got 0');
  });
});

describe('createLearnedBounds', () => {
  it('begins with the weights of the field without bounds, and trains weights and bounds', async () => {
    const learned = createLearnedBounds(spec, { low: 0.5, high: 0.5, seed: 1 });
    const [start, plain] = [learned.toField(), create()];
    const [a, b] = [await sinusoidalPair(start), await sinusoidalPair(plain)];
    for (const [i, weight] of a.weights.entries()) expect(weight).toBeCloseTo(b.weights[i] as number, 5);
    const first = await train(learned.model, 1, { terms: [task, learned.penalty] });
    const loss = await train(learned.model, 100, { terms: [task, learned.penalty] });
    expect(loss).toBeLessThan(first / 2);
    const trained = learned.toField();
    const limits = await learned.limits();
    expect(new Set(limits).size).toBeGreaterThan(10);
    const { weights, biases } = await sinusoidalPair(trained);
    for (const [j, limit] of limits.entries())
      for (let i = 0; i < biases.length; i++)
        expect(Math.abs(weights[j * biases.length + i] as number)).toBeLessThanOrEqual(Math.abs(limit) * (1 + 1e-5));
    for (const one of [start, plain, trained, learned]) one.dispose();
  });

  it('refuses bad options', () => {
    expect(() => createLearnedBounds(spec, { low: 1, high: -1, seed: 0 })).toThrow(
      'high must be a positive number, got -1',
    );
    expect(() => createLearnedBounds(spec, { low: 1, high: 1, seed: 0, penalty: 0 })).toThrow(
      'penalty must be a positive',
    );
  });
});
