import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ActivationSpec,
  createField,
  createRng,
  type Field,
  type FieldSpec,
  type LayerSpec,
  mlp,
  parseSpec,
  sine,
  siren,
  tanh,
} from '../../src/index.ts';
import { assertInitialiser, type InitialiserSpec, initialise } from '../../src/initialisers/index.ts';
import type { DenseSpec } from '../../src/layers.ts';
import { type Distribution, distributionOf } from '../../src/spectra/distribution.ts';
import { layerStatistics } from '../../src/spectra.ts';

beforeAll(async () => {
  await setBackend('cpu');
});

const IN = 300;
const OUT = 200;

const draw = (initialiser: InitialiserSpec, activation: ActivationSpec = sine({ omega: 30 })): Distribution =>
  distributionOf(
    initialise(initialiser, {
      shape: [IN, OUT],
      context: { inFeatures: IN, outFeatures: OUT, activation, previousActivation: activation },
      rng: createRng(11),
    }),
  );

/** The maximum of 60,000 uniform samples is below the bound by 1 / 60,000 on average; 1e-3 is 60 times that. */
const expectUniform = (values: Distribution, bound: number): void => {
  expect(values.maximum).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(values.maximum).toBeGreaterThan(bound * (1 - 1e-3));
  expect(values.minimum).toBeLessThan(-bound * (1 - 1e-3));
  expect(values.standardDeviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1.7);
};

/** The standard deviation of 60,000 normal samples has a relative standard error of 0.3 %. */
const expectNormal = (values: Distribution, deviation: number): void => {
  expect(Math.abs(values.standardDeviation / deviation - 1)).toBeLessThan(0.015);
  expect(Math.abs(values.mean)).toBeLessThan(0.02 * deviation);
  expect(values.maximum).toBeGreaterThan(3 * deviation);
};

describe('initialisers', () => {
  it('draw from the published distributions', () => {
    expectUniform(draw({ kind: 'siren-first' }), 1 / IN);
    expectUniform(draw({ kind: 'siren-hidden' }), Math.sqrt(6 / IN) / 30);
    expectUniform(draw({ kind: 'siren-first', scale: 2.5 }), 2.5 / IN);
    expectUniform(draw({ kind: 'siren-hidden', scale: 2.5 }), (2.5 * Math.sqrt(6 / IN)) / 30);
    expectUniform(draw({ kind: 'pytorch-linear' }), 1 / Math.sqrt(IN));
    expectUniform(draw({ kind: 'uniform', bound: 5 }), 5);
    expectUniform(draw({ kind: 'xavier-uniform' }), Math.sqrt(6 / (IN + OUT)));
    expectNormal(draw({ kind: 'xavier-normal', gain: 5 / 3 }), (5 / 3) * Math.sqrt(2 / (IN + OUT)));
    expectUniform(draw({ kind: 'kaiming-uniform' }), Math.sqrt(6 / IN));
    expectNormal(draw({ kind: 'kaiming-normal', negativeSlope: 0.25 }), Math.sqrt(2 / ((1 + 0.25 ** 2) * IN)));
    expect(draw({ kind: 'zeros' }).maximum).toBe(0);
  });

  it('draw from a normal distribution within two standard deviations', () => {
    const values = draw({ kind: 'truncated-normal', gain: 3 });
    const deviation = 3 * Math.sqrt(2 / (IN + OUT));
    expect(values.maximum).toBeLessThanOrEqual(2 * deviation * (1 + 1e-6));
    expect(values.maximum).toBeGreaterThan(1.99 * deviation);
    expect(Math.abs(values.mean)).toBeLessThan(0.02 * deviation);
    // The variance of N(0, 1) within 2 is 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737.
    expect(Math.abs(values.standardDeviation / (Math.sqrt(0.7737) * deviation) - 1)).toBeLessThan(0.015);
  });

  it('reject invalid specs', () => {
    expect(() => draw({ kind: 'siren-hidden' }, tanh())).toThrow(
      'siren-hidden initialiser: needs an activation with an omega',
    );
    expect(() => draw({ kind: 'uniform', bound: -1 })).toThrow(RangeError);
    expect(() => assertInitialiser('weight', { kind: 'truncated-normal', gain: 0 })).toThrow(
      'weight: gain must be a positive number, got 0',
    );
    expect(() =>
      mlp({
        inFeatures: 1,
        outFeatures: 1,
        hiddenFeatures: 4,
        hiddenLayers: 0,
        activation: tanh(),
        weightInitialiser: { kind: 'siren-hidden' },
      }),
    ).not.toThrow();
  });

  it('scale all weights of a SIREN but the last, as a file describes them', async () => {
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1 };
    const [plain, scaled] = [siren(size), siren({ ...size, weightScale: 2.5 })];
    expect(siren({ ...size, weightScale: 1 }).layers[1]).toEqual({
      ...plain.layers[1],
      weightInitialiser: { kind: 'siren-hidden', scale: 1 },
    });
    const fields = [plain, parseSpec(JSON.parse(JSON.stringify(scaled)) as FieldSpec)].map(spec =>
      createField(spec, { seed: 4 }),
    );
    for (const [name, factor] of Object.entries({
      'layers.0.weight': 2.5,
      'layers.1.weight': 2.5,
      'layers.2.weight': 1,
      'layers.0.bias': 1,
      'layers.2.bias': 1,
    })) {
      const [before, after] = await Promise.all(fields.map(field => field.parameters[name]!.data()));
      expect([...(after as Float32Array)], name).toEqual(
        [...(before as Float32Array)].map(value => expect.closeTo(factor * value, 6)),
      );
    }
    expect(() => siren({ ...size, weightScale: 0 })).toThrow('siren: weightScale must be a positive number, got 0');
    const wrong = { ...plain.layers[0], weightInitialiser: { kind: 'siren-first', scale: -1 } };
    expect(() => parseSpec({ inFeatures: 2, layers: [wrong as LayerSpec] })).toThrow(
      'scale must be a positive number, got -1',
    );
  });

  it('give the same values on every backend, and for every layer independently of the others', async () => {
    const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1 });
    const first = createField(spec, { seed: 4 });
    const values = await first.parameters['layers.1.weight']?.data();
    await setBackend('wasm');
    await ready();
    const second = createField(spec, { seed: 4 });
    expect(await second.parameters['layers.1.weight']?.data()).toEqual(values);
    const other = createField(spec, { seed: 5 });
    expect(await other.parameters['layers.1.weight']?.data()).not.toEqual(values);
    await setBackend('cpu');
  });
});

/**
 * The largest distance between the empirical distribution of samples and a distribution function (Kolmogorov and
 * Smirnov).
 */
const distance = (values: readonly number[], distribution: (x: number) => number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.reduce(
    (largest, x, i) =>
      Math.max(
        largest,
        Math.abs(distribution(x) - i / sorted.length),
        Math.abs(distribution(x) - (i + 1) / sorted.length),
      ),
    0,
  );
};

/**
 * The normal distribution function by the error function of Abramowitz and Stegun, equation 7.1.26, accurate to 1.5e-7.
 */
const normalDistribution = (x: number): number => {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - tail : tail;
};

const arcsineDistribution = (x: number): number => 0.5 + Math.asin(Math.max(-1, Math.min(1, x))) / Math.PI;

describe('the SIREN initialisation', () => {
  const DEPTH = 20;
  const WIDTH = 256;
  const NETWORKS = 24;

  // The plain JavaScript of cpu takes most of a second for one such network.
  beforeAll(async () => {
    await setBackend('wasm');
    await ready();
  });
  afterAll(async () => {
    await setBackend('cpu');
  });

  /** What a layer computes at one point in each of many networks. */
  interface Sample {
    readonly phases: number[];
    readonly outputs: number[];
  }

  /**
   * One point in each of many networks: the neurons of a layer are then independent draws, given the layer before. The
   * networks are the same for all offsets of the points.
   *
   * @returns for each offset, the samples at each depth
   */
  const sample = async (omega0: number, omegaHidden: number, offsets: readonly number[]): Promise<Sample[][]> => {
    const samples = offsets.map(() => Array.from({ length: DEPTH + 1 }, (): Sample => ({ phases: [], outputs: [] })));
    for (let seed = 0; seed < NETWORKS; seed++) {
      const field: Field = createField(
        siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: WIDTH, hiddenLayers: DEPTH, omega0, omegaHidden }),
        { seed },
      );
      for (const [index, offset] of offsets.entries()) {
        const rng = createRng(seed).fork('point');
        const coords = tensor2d([[2 * rng.uniform() - 1 + offset, 2 * rng.uniform() - 1 + offset]]);
        const statistics = await layerStatistics(field, coords);
        for (const { layer, preActivation, activation } of statistics.slice(0, DEPTH + 1)) {
          const bias = await field.parameters[`layers.${layer}.bias`]?.data();
          const omega = Number((field.spec.layers[layer] as DenseSpec).activation['omega']);
          const { phases, outputs } = (samples[index] as Sample[])[layer] as Sample;
          phases.push(...Array.from(preActivation?.values ?? [], (z, i) => omega * (z - (bias?.[i] as number))));
          outputs.push(...activation.values);
        }
        coords.dispose();
      }
      field.dispose();
    }
    return samples;
  };

  /*
   * 24 networks of 256 neurons are 6,144 draws at each depth. At a confidence of 99.9 % their Kolmogorov distance from
   * the true distribution is below 1.95 / sqrt(6144) = 0.025. Two known deviations add to it: the scale of a layer, the
   * norm of 256 arcsine-distributed values, varies by 2.2 % between networks, and the weights are uniform, so that a
   * sum of 256 is normal to about 1e-3. Hence 0.035. A hidden omega that was wrong by a factor of 1.3 in either the
   * forward pass or the initialiser would give a distance of 0.064.
   */
  const NORMAL = 0.035;
  /*
   * The same 0.025 for the sampling. The sine of a value from N(0, 1) is not exactly arcsine-distributed: their
   * distance is 0.033. PyTorch's biases widen the phases to a deviation of sqrt(1 + omega^2 / (3 width)), 1.47 for
   * omega = 30, which reduces it to 0.005.
   */
  const ARCSINE = 0.06;

  it.each([
    ['omega 30, also with inputs shifted by 10', 30, 30, [0, 10]],
    ['other omegas, 60 in the first layer and 10 in the hidden ones', 60, 10, [0]],
  ])(
    'has N(0, 1) phases and arcsine-distributed outputs at every depth from 1 to 20: %s',
    async (_, omega0, omegaHidden, offsets) => {
      for (const [index, depths] of (await sample(omega0, omegaHidden, offsets)).entries())
        for (const [depth, { phases, outputs }] of depths.entries()) {
          if (depth === 0) continue;
          const where = `at depth ${depth}, inputs shifted by ${offsets[index]}`;
          expect(phases).toHaveLength(NETWORKS * WIDTH);
          expect(distance(phases, normalDistribution), `phases ${where}`).toBeLessThan(NORMAL);
          expect(distance(outputs, arcsineDistribution), `outputs ${where}`).toBeLessThan(ARCSINE);
        }
    },
  );
});
