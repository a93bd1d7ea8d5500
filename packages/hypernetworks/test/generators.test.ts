/** @file Generators against float64, on all backends, and the statistics of what they generate at first. */
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import {
  createRng,
  fit,
  type ObjectiveTerm,
  type PointSource,
  parameterLayout,
  pointwiseLoss,
  siren,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { nativeProblem } from '@neural-fields/kernels-native';
import { expectCloseInNorm, FIELD_SECOND } from '@neural-fields/testing';
import { add, memory, setBackend, type Tensor1D, tensor, tensor2d } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  autoDecoder,
  createPrior,
  film,
  type GeneratorSpec,
  hypernetwork,
  lowRankHypernetwork,
  modulator,
  type Prior,
  priorTerms,
  setEncoder,
  shiftModulation,
} from '../src/index.ts';
import { generatedLayers, jetAt, namedOf } from './prior-oracle.ts';

const OMEGA = 4;
const field = siren({
  inFeatures: 2,
  outFeatures: 2,
  hiddenFeatures: 8,
  hiddenLayers: 1,
  omega0: OMEGA,
  omegaHidden: OMEGA,
});
const [SIGNALS, B, L, N] = [4, 3, 5, 7];

const generators: Readonly<Record<string, GeneratorSpec>> = {
  hypernetwork: hypernetwork({ hiddenFeatures: 6 }),
  'paper hypernetwork': hypernetwork({ hiddenFeatures: 6, start: 'paper' }),
  'low rank': lowRankHypernetwork({ hiddenFeatures: 6, rank: 2 }),
  shifts: shiftModulation({ scale: 0.3 }),
  film: film({ hiddenFeatures: 6 }),
  modulator: modulator(),
};

const priorOf = (generator: GeneratorSpec): Prior =>
  createPrior({
    field,
    generator,
    encoder: autoDecoder({ signals: SIGNALS, deviation: 1 }),
    latentFeatures: L,
    signalsPerStep: B,
    seed: 3,
  });

const uniform = (seed: number, length: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
};

const coords = uniform(1, N * 2);
const value = uniform(2, B * N * 2);
const gradient = uniform(3, B * N * 4);
const chosen = [2, 0, 3];

/** Signals 2, 0 and 3 at the same points, supervised by value and gradient. */
const points = (prior: Prior): PointSource => ({
  inFeatures: 2,
  pointsPerStep: N,
  fields: B,
  fixed: false,
  inputs: () =>
    prior.observe(chosen.map(index => ({ index, coords: new Float32Array(0), values: new Float32Array(0) }))),
  draw: () => ({ coords, targets: { value, gradient } }),
});

const loss = pointwiseLoss({
  errors: [
    { of: 'value', target: 'value' },
    { of: 'gradient', target: 'gradient', factor: 0.1 },
  ],
  penalty: squared,
});

/** data + 0.1 mean z^2 + 0.5 mean theta^2, summed over the three signals as in a fit. */
const lossInFloat64 = (prior: Prior, flat: Float64Array): number => {
  const p = namedOf(prior, flat);
  const shared = new Set(prior.batchOptions(B).own ? generatedShared(prior) : []);
  let total = 0;
  for (const [b, signal] of chosen.entries()) {
    const z = p('encoder.latents').subarray(signal * L, (signal + 1) * L);
    const layers = generatedLayers(prior, p, z);
    for (let i = 0; i < N; i++) {
      const at = jetAt(layers, OMEGA, coords.subarray(2 * i, 2 * i + 2));
      for (let o = 0; o < 2; o++) {
        total += ((at.value[o] as number) - (value[(b * N + i) * 2 + o] as number)) ** 2 / (2 * N);
        for (let k = 0; k < 2; k++) {
          const error = (at.gradient[k]?.[o] as number) - (gradient[(b * N + i) * 4 + 2 * k + o] as number);
          total += (0.1 * error ** 2) / (2 * N);
        }
      }
    }
    total += z.reduce((sum, x) => sum + (0.1 * x ** 2) / L, 0);
    total += 0.5 * B * weightShare(layers, shared, b === 0, prior);
  }
  return total;
};

/** The names of the field's parameters that are shared. */
const generatedShared = (prior: Prior): string[] => {
  const { own = [] } = prior.batchOptions(B);
  const layout = parameterLayout(field);
  const owned = new Set(own.flatMap(query => layout.select(query)).map(({ name }) => name));
  return layout.names().filter(name => !owned.has(name));
};

/** A signal's part of mean theta^2 over the batch's parameters; shared ones are there once. */
const weightShare = (
  layers: ReturnType<typeof generatedLayers>,
  shared: ReadonlySet<string>,
  isFirst: boolean,
  prior: Prior,
): number => {
  const { size } = prior.views['fields']?.network.layout ?? { size: 0 };
  let sum = 0;
  for (const [i, layer] of layers.entries())
    for (const role of ['weight', 'bias'] as const)
      if (isFirst || !shared.has(`layers.${i}.${role}`)) for (const x of layer[role]) sum += x ** 2;
  return sum / size;
};

/** The gradient of the first step. */
const gradientOf = async (prior: Prior, terms: readonly ObjectiveTerm[]) => {
  let seen = new Float32Array(0);
  const watching = {
    kind: 'watching',
    learningRate: 1,
    settings: {},
    stateSize: 0,
    update: ({ parameters, gradient: g }: { parameters: Tensor1D; gradient: Tensor1D }) => {
      seen = Float32Array.from(g.dataSync());
      return { parameters: parameters.clone(), state: [] };
    },
  };
  let total = 0;
  for await (const report of fit(prior, terms, { steps: 1, optimizer: watching })) total = report.loss;
  return { gradient: seen, loss: total };
};

const flatOf = async ({ layout, parameters }: Prior): Promise<Float64Array> => {
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.entries) flat.set(await (parameters[name] as Tensor1D).data(), offset);
  return flat;
};

describe.each(['cpu', 'simd', 'native'])('on %s', backend => {
  beforeEach(async context => {
    if (backend === 'native' && nativeProblem !== undefined) context.skip(nativeProblem);
    await setBackend(backend);
  });

  it.each(Object.entries(generators))('%s: gradients agree with float64', async (_, generator) => {
    const before = memory().numTensors;
    const prior = priorOf(generator);
    // Away from the start, where heads are almost 0.
    for (const { name, size } of prior.layout.entries) {
      const variable = prior.parameters[name] as Tensor1D;
      const moved = tensor(
        uniform(size, size).map(x => 0.05 * x),
        variable.shape,
      );
      (prior.parameters[name] as NonNullable<Prior['parameters'][string]>).assign(add(variable, moved));
    }
    const flat = await flatOf(prior);
    const terms = priorTerms({ points: points(prior), loss, parameterWeight: 0.5 });
    const { gradient: got, loss: mean } = await gradientOf(prior, terms);
    expect(mean).toBeCloseTo(lossInFloat64(prior, flat) / B, 4);
    const latents = prior.layout.entry('encoder.latents');
    const parts = { latents, everything: { offset: 0, size: prior.layout.size } };
    for (const [seed, { offset, size }] of Object.values(parts).entries())
      for (const along of [got.subarray(offset, offset + size), uniform(seed + 9, size)]) {
        const direction = new Float64Array(flat.length);
        direction.set(along, offset);
        const at = (step: number): number =>
          lossInFloat64(
            prior,
            flat.map((x, i) => x + step * (direction[i] as number)),
          );
        const wanted = (at(1e-5) - at(-1e-5)) / 2e-5;
        const product = direction.reduce((sum, v, i) => sum + v * (got[i] as number), 0);
        expect(Math.abs(product - wanted)).toBeLessThan(1e-4 * Math.hypot(...along) * Math.hypot(...got));
      }
    prior.dispose();
    expect(memory().numTensors - before).toBeLessThanOrEqual(3 * prior.layout.entries.length);
  });

  it.each(Object.entries(generators))('%s: fields equal fields with the same weights', async (_, generator) => {
    const prior = priorOf(generator);
    const batch = prior.fields(tensor2d(uniform(4, B * L), [B, L]));
    const at = tensor2d(coords, [N, 2]);
    const request = { gradient: true, laplacian: true } as const;
    const all = batch.jet(at, request);
    for (let b = 0; b < B; b++) {
      const one = batch.field(b);
      const jet = one.jet(at, request);
      for (const name of ['value', 'gradient', 'laplacian'] as const) {
        const got = Float32Array.from(await all[name].data());
        const length = got.length / B;
        expectCloseInNorm(
          got.subarray(b * length, (b + 1) * length),
          Float32Array.from(await jet[name].data()),
          FIELD_SECOND,
          name,
        );
      }
      one.dispose();
    }
    batch.dispose();
    prior.dispose();
  });
});

describe('initialisation', () => {
  beforeEach(async () => {
    await setBackend('cpu');
  });

  const wide = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 48, hiddenLayers: 2, omega0: 30 });

  it('starts the fields of all latents as SIRENs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: 0.1, max: 2, noNaN: true }), async (seed, scale) => {
        const prior = createPrior({
          field: wide,
          generator: hypernetwork({ hiddenFeatures: 16 }),
          encoder: setEncoder({ hiddenFeatures: 4, hiddenLayers: 0 }),
          latentFeatures: 16,
          seed,
        });
        const z = uniform(seed, 2 * 16).map(x => scale * x);
        const batch = prior.fields(tensor2d(z, [2, 16]));
        const bounds = { 0: 1 / 2, 1: Math.sqrt(6 / 48) / 30, 2: Math.sqrt(6 / 48) / 30 };
        for (const [layer, bound] of Object.entries(bounds)) {
          const values = Float32Array.from(await (batch.parameters[`layers.${layer}.weight`] as Tensor1D).data());
          const n = values.length;
          const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / n);
          // U(-a, a) has the deviation a / sqrt 3; the two fields share their draw, so n / 2 samples; 5 sigma, and 6 %
          // for what the heads add.
          const sampling = 5 * Math.sqrt(0.2 / (n / 2));
          expect(Math.abs((deviation * Math.sqrt(3)) / bound - 1)).toBeLessThan(sampling + 0.06);
          const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          expect(largest / bound).toBeLessThan(2.2);
        }
        batch.dispose();
        prior.dispose();
      }),
      { numRuns: 4 },
    );
  });

  it("is the authors' with start: 'paper'", async () => {
    const prior = createPrior({
      field: wide,
      generator: hypernetwork({ hiddenFeatures: 16, start: 'paper' }),
      encoder: autoDecoder({ signals: 1 }),
      latentFeatures: 16,
      seed: 1,
    });
    const largest = async (name: string): Promise<number> =>
      Float32Array.from(await (prior.parameters[`generator.${name}`] as Tensor1D).data()).reduce(
        (a, x) => Math.max(a, Math.abs(x)),
        0,
      );
    expect(await largest('layers.1.weight.bias')).toBeLessThanOrEqual(Math.fround(1 / 48));
    expect(await largest('layers.1.weight.bias')).toBeGreaterThan(0.95 / 48);
    expect(await largest('layers.1.bias.bias')).toBeLessThanOrEqual(1 / 16);
    const heads = Float32Array.from(await (prior.parameters['generator.layers.1.weight.weight'] as Tensor1D).data());
    const deviation = Math.sqrt(heads.reduce((sum, x) => sum + x * x, 0) / heads.length);
    expect(Math.abs(deviation / (0.01 * Math.sqrt(2 / 16)) - 1)).toBeLessThan(0.05);
    prior.dispose();
  });
});

describe('wrong options', () => {
  it('are named', async () => {
    await setBackend('cpu');
    expect(() => hypernetwork({ hiddenFeatures: 0 })).toThrow(
      'hypernetwork: hiddenFeatures must be a positive integer, got 0',
    );
    expect(() => shiftModulation({ scale: -1 })).toThrow('shiftModulation: scale must be a positive number, got -1');
    expect(() => lowRankHypernetwork({ rank: 1.5 })).toThrow('lowRankHypernetwork: rank must be a positive integer');
    expect(() => priorOf({ kind: 'nothing' })).toThrow("prior: unknown generator 'nothing'; known: hypernetwork");
    const linear = { ...field, layers: field.layers.slice(-1) };
    expect(() =>
      createPrior({ field: linear, generator: film(), encoder: setEncoder(), latentFeatures: 2, seed: 0 }),
    ).toThrow('film: the field must have a hidden dense layer');
  });
});
