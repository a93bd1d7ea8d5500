import '@tensorflow/tfjs-backend-cpu';
import { createField, createRng, type Field, siren } from '@neural-fields/core';
import { amplitudeSpectrum } from '@neural-fields/core/spectra';
import { setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  amplitudeBound,
  besselJ,
  evaluateExpansion,
  expectedSpectrum,
  harmonicExpansion,
  harmonicTerm,
  periodicExtensions,
  predictedSpectrum,
  type SinusoidalPair,
  sinusoidalNetwork,
  sinusoidalPair,
  tuner,
} from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const extensions = periodicExtensions;

/** A pair with m inputs and one neuron, with weights in [-bound, bound]. */
const randomPair = (m: number, bound: number, seed: number): SinusoidalPair => {
  const rng = createRng(seed);
  const draw = (length: number, scale: number): Float64Array =>
    Float64Array.from({ length }, () => scale * (2 * rng.uniform() - 1));
  return {
    inFeatures: 1,
    frequencies: draw(m, 20),
    phases: draw(m, 3),
    weights: draw(m, bound),
    biases: draw(1, 3),
  };
};

const direct = ({ frequencies, phases, weights, biases }: SinusoidalPair, x: number): number => {
  const inner = weights.reduce(
    (sum, weight, j) => sum + weight * Math.sin((frequencies[j] as number) * x + (phases[j] as number)),
    biases[0] as number,
  );
  return Math.sin(inner);
};

/** All terms with max |k_j| <= order, one product after the other. */
const enumerated = (pair: SinusoidalPair, order: number): number[] => {
  let amplitudes = [1];
  for (const weight of pair.weights)
    amplitudes = amplitudes.flatMap(amplitude =>
      Array.from({ length: 2 * order + 1 }, (_, i) => amplitude * besselJ(i - order, weight)),
    );
  return amplitudes.map(Math.abs).sort((a, b) => b - a);
};

const points = Float64Array.from({ length: 50 }, (_, i) => -1 + i / 25);

describe('harmonicExpansion', () => {
  it('finds the same largest amplitudes as a full enumeration, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0.2, 1, 2.4, 5),
        fc.integer({ min: 0, max: 999 }),
        (m, bound, seed) => {
          const pair = randomPair(m, bound, seed);
          const all = enumerated(pair, 3);
          const { terms, complete } = harmonicExpansion(pair, { neuron: 0, maxOrder: 3, maxTerms: 100_000 });
          expect(complete).toBe(true);
          const found = terms.map(({ amplitude }) => Math.abs(amplitude));
          for (const [i, amplitude] of found.entries()) expect(amplitude).toBeCloseTo(all[i] as number, 12);
          // What is missing is below the precision of float64.
          for (const amplitude of all.slice(found.length)) expect(amplitude).toBeLessThan(1e-14);
          expect(new Set(terms.map(({ orders }) => JSON.stringify([...orders].sort()))).size).toBe(terms.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('converges to the network as terms are added', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 999 }), (m, seed) => {
        const pair = randomPair(m, 1.5, seed);
        const expected = points.map(x => direct(pair, x));
        const errorOf = (maxTerms: number): number => {
          const { terms, remainingEnergy } = harmonicExpansion(pair, { neuron: 0, maxTerms });
          const error = Math.max(
            ...evaluateExpansion(terms, points).map((y, i) => Math.abs(y - (expected[i] as number))),
          );
          // Beyond the found terms, the error has their energy left: the mean square over all phases.
          expect(remainingEnergy).toBeLessThan(1);
          return error;
        };
        const errors = [errorOf(1), errorOf(100), errorOf(8000)] as const;
        expect(errors[2]).toBeLessThan(1e-3);
        expect(errors[2]).toBeLessThanOrEqual(errors[0] + 1e-12);
      }),
      { numRuns: 20 },
    );
  });

  it('is exact to float64 where all terms are taken', () => {
    const pair = randomPair(2, 2, 5);
    const { terms, remainingEnergy, complete } = harmonicExpansion(pair, { neuron: 0, minAmplitude: 1e-17 });
    expect(complete).toBe(true);
    expect(remainingEnergy).toBeLessThan(1e-13);
    for (const [i, y] of evaluateExpansion(terms, points).entries())
      expect(y).toBeCloseTo(direct(pair, points[i] as number), 12);
  });

  it('has amplitudes within the bound, and the terms that are asked for', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.3, 1, 2, 4), fc.integer({ min: 0, max: 999 }), (bound, seed) => {
        const pair = randomPair(6, bound, seed);
        for (const term of harmonicExpansion(pair, { neuron: 0, maxTerms: 300 }).terms) {
          const { orders, amplitude, frequency, phase } = term;
          expect(Math.abs(amplitude)).toBeLessThanOrEqual(amplitudeBound(pair, 0, orders) * (1 + 1e-12));
          const one = harmonicTerm(pair, 0, orders);
          expect(one.amplitude).toBeCloseTo(amplitude, 13);
          expect(one.frequency[0]).toBeCloseTo(frequency[0] as number, 10);
          expect(one.phase).toBeCloseTo(phase, 10);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('works for hundreds of inputs within its limit, and keeps account of the energy', async () => {
    const field = createField(tuner({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 256, samples: 512 }), {
      seed: 0,
      extensions,
    });
    const pair = await sinusoidalPair(field);
    const { terms, remainingEnergy, complete } = harmonicExpansion(pair, { neuron: 7, maxTerms: 3000 });
    expect(terms).toHaveLength(3000);
    expect(complete).toBe(false);
    const energy = terms.reduce((sum, { amplitude }) => sum + amplitude ** 2, 0);
    expect(remainingEnergy).toBeCloseTo(1 - energy, 12);
    expect(energy).toBeGreaterThan(0.7);
    field.dispose();
  });

  it('refuses bad options', () => {
    const pair = randomPair(3, 1, 0);
    expect(() => harmonicExpansion(pair, { neuron: 1 })).toThrow('neuron must be an integer from 0 to 0, got 1');
    expect(() => harmonicExpansion(pair, { neuron: 0, maxTerms: 0 })).toThrow('maxTerms must be a positive integer');
    expect(() => harmonicTerm(pair, 0, new Map([[3, 1]]))).toThrow('input frequencies 0 to 2, got 1 of 3');
  });
});

describe("SIREN's initialisation", () => {
  it('keeps effective weights below 1 for more than 6 inputs, so that amplitudes fall with |k|', () => {
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 7, max: 40 }),
        fc.integer({ min: 0, max: 99 }),
        async (hiddenFeatures, seed) => {
          const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers: 1 });
          const field = createField(spec, { seed });
          const pair = await sinusoidalPair(field);
          // sqrt(6 / m) < 1; with all |W| <= 1 the bound is at most 2^-|k|_1.
          expect(Math.max(...pair.weights.map(Math.abs))).toBeLessThan(1);
          for (const { amplitude, orders } of harmonicExpansion(pair, { neuron: 0, maxTerms: 200 }).terms) {
            const norm = [...orders.values()].reduce((sum, k) => sum + Math.abs(k), 0);
            expect(Math.abs(amplitude)).toBeLessThanOrEqual(2 ** -norm);
          }
          field.dispose();
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('sinusoidalPair', () => {
  it('has the frequency factors of the layers in its numbers', async () => {
    const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 1, omega0: 7 }), {
      seed: 1,
    });
    const network = await sinusoidalNetwork(field);
    const x = 0.3;
    const hidden = Array.from({ length: 5 }, (_, i) => {
      const { terms } = harmonicExpansion(network, { neuron: i, maxTerms: 4000 });
      return evaluateExpansion(terms, [x])[0] as number;
    });
    const value = hidden.reduce(
      (sum, h, i) => sum + h * (network.output.weights[i] as number),
      network.output.biases[0] as number,
    );
    const computed = tidy(() => field.evaluate(tensor2d([[x]])).dataSync()[0] as number);
    expect(value).toBeCloseTo(computed, 4);
    field.dispose();
  });

  it('refuses other networks', async () => {
    const one = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 0 }), { seed: 1 });
    await expect(sinusoidalPair(one)).rejects.toThrow("got 'dense', 'dense'");
    const deep = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 2 }), { seed: 1 });
    await expect(sinusoidalNetwork(deep)).rejects.toThrow('two sinusoidal layers and a linear one, got 4 layers');
    one.dispose();
    deep.dispose();
  });
});

/** The field's amplitude spectrum over one period, at `side` points along each axis. */
const measured = (field: Field, side: number, period: number) => {
  const d = field.inFeatures;
  const coords = Array.from({ length: side ** d }, (_, i) =>
    Array.from({ length: d }, (__, axis) => (period * (Math.floor(i / side ** (d - 1 - axis)) % side)) / side),
  );
  const data = tidy(() => field.evaluate(tensor2d(coords)).dataSync());
  return amplitudeSpectrum({ data, shape: new Array<number>(d).fill(side) }, { spacing: period / side });
};

describe('predictedSpectrum', () => {
  it.each([1, 2])('agrees with the measured spectrum of a periodic field with %i coordinates', async inFeatures => {
    const period = 4;
    const field = createField(tuner({ inFeatures, outFeatures: 1, hiddenFeatures: 6, maxFrequency: 4, period }), {
      seed: 4,
      extensions,
    });
    // Frequencies beyond K, which alias in the measurement, have amplitudes below 1e-5 here.
    const K = inFeatures === 1 ? 60 : 24;
    const predicted = await predictedSpectrum(await sinusoidalNetwork(field), {
      period,
      maxFrequency: K,
      minAmplitude: 1e-6,
      maxTerms: 20_000,
    });
    const found = measured(field, 2 * K + 1, period);
    expect(predicted.foundEnergy).toBeGreaterThan(0.9999);
    expect(predicted.frequencies[0]).toHaveLength(2 * K + 1);
    for (const [i, frequency] of (found.frequencies[0] as Float64Array).entries())
      expect(predicted.frequencies[0]?.[i]).toBeCloseTo(frequency, 10);
    const largest = Math.max(...found.amplitudes);
    const error = Math.max(...found.amplitudes.map((a, i) => Math.abs(a - (predicted.amplitudes[i] as number))));
    expect(error / largest).toBeLessThan(2e-3);
    field.dispose();
  });

  it('reports its progress, can be stopped, and refuses fields without the period', async () => {
    const field = createField(tuner({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, maxFrequency: 5 }), {
      seed: 4,
      extensions,
    });
    const network = await sinusoidalNetwork(field);
    const shares: number[] = [];
    await predictedSpectrum(network, { period: 4, maxFrequency: 9, onProgress: share => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    const aborted = predictedSpectrum(network, {
      period: 4,
      maxFrequency: 9,
      signal: AbortSignal.abort(new Error('stopped')),
    });
    await expect(aborted).rejects.toThrow('stopped');
    await expect(predictedSpectrum(network, { period: 1.5, maxFrequency: 9 })).rejects.toThrow(
      "the field's frequencies must be multiples of 1 / period",
    );
    field.dispose();
  });
});

describe('expectedSpectrum', () => {
  it.each([1, 2])('has the energies of all terms of the expansions with %i coordinates', async inFeatures => {
    const period = 3;
    const field = createField(tuner({ inFeatures, outFeatures: 2, hiddenFeatures: 4, maxFrequency: 3, period }), {
      seed: 6,
      extensions,
    });
    const network = await sinusoidalNetwork(field);
    const K = 24;
    const side = 2 * K + 1;
    const expected = new Float64Array(side ** inFeatures);
    for (let neuron = 0; neuron < 4; neuron++) {
      const weight = network.output.weights[2 * neuron + 1] as number;
      for (const { amplitude, frequency } of harmonicExpansion(network, { neuron, minAmplitude: 1e-8 }).terms)
        for (const sign of [1, -1]) {
          const place = frequency.reduce((at, q) => at * side + sign * Math.round((q * period) / (2 * Math.PI)) + K, 0);
          expected[place] = (expected[place] as number) + (weight * amplitude) ** 2 / 4;
        }
    }
    const zero = (expected.length - 1) / 2;
    expected[zero] = (expected[zero] as number) + (network.output.biases[1] as number) ** 2;
    const { amplitudes, frequencies } = await expectedSpectrum(network, { period, maxFrequency: K, output: 1 });
    expect(frequencies[0]?.[K + 1]).toBeCloseTo(1 / period, 12);
    for (const [i, energy] of expected.entries()) expect((amplitudes[i] as number) ** 2).toBeCloseTo(energy, 7);
    field.dispose();
  });

  it('has the energy of an untrained wide field, whose expansion has too many terms to list', async () => {
    const period = 4;
    const spec = tuner({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 64, maxFrequency: 12, period });
    const energies: number[] = [];
    let expected = 0;
    const K = 100;
    const energyOf = (amplitudes: Float64Array): number =>
      amplitudes.reduce((sum, a, i) => sum + (Math.abs(i - K) > 15 ? a ** 2 : 0), 0);
    for (let seed = 0; seed < 6; seed++) {
      const field = createField(spec, { seed, extensions });
      energies.push(energyOf(measured(field, 2 * K + 1, period).amplitudes));
      expected +=
        energyOf((await expectedSpectrum(await sinusoidalNetwork(field), { period, maxFrequency: K })).amplitudes) / 6;
      field.dispose();
    }
    // Above the input frequencies, where only generated ones are.
    const mean = energies.reduce((sum, energy) => sum + energy / 6, 0);
    expect(mean / expected).toBeGreaterThan(0.6);
    expect(mean / expected).toBeLessThan(1.6);
  });

  it('can leave out neurons, and can be stopped', async () => {
    const field = createField(tuner({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 32, maxFrequency: 8 }), {
      seed: 1,
      extensions,
    });
    const network = await sinusoidalNetwork(field);
    const options = { period: 4, maxFrequency: 40 };
    const all = await expectedSpectrum(network, options);
    const some = await expectedSpectrum(network, { ...options, maxNeurons: 8 });
    const energyOf = ({ amplitudes }: typeof all): number => amplitudes.reduce((sum, a) => sum + a ** 2, 0);
    expect(energyOf(some) / energyOf(all)).toBeCloseTo(1, 6);
    await expect(
      expectedSpectrum(network, { ...options, signal: AbortSignal.abort(new Error('stopped')) }),
    ).rejects.toThrow('stopped');
    await expect(expectedSpectrum(network, { ...options, maxNeurons: 0 })).rejects.toThrow(
      'maxNeurons must be a positive',
    );
    field.dispose();
  });
});
