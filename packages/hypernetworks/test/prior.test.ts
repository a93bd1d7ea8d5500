/** @file Priors: training, resuming, files, latents of new signals. */
import '@tensorflow/tfjs-backend-cpu';
import '@neural-fields/kernels-wasm';
import { adam, createRng, fit, pointwiseLoss, siren, stopOnHeldOut, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { expectResumable, type TrainingCase } from '@neural-fields/kernel-contract';
import { memory, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  autoDecoder,
  createPrior,
  decodePrior,
  encodePrior,
  FIELDS,
  fitLatents,
  hypernetwork,
  interpolateLatents,
  latentStatistics,
  type Prior,
  type PriorOptions,
  priorTerms,
  type Signal,
  sampleLatents,
  setEncoder,
  shiftModulation,
  signalPoints,
} from '../src/index.ts';

beforeAll(() => setBackend('simd'));

const field = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 4, omegaHidden: 4 });
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const coords = Float32Array.from({ length: 24 }, (_, i) => -1 + (2 * i + 1) / 24);

/** Sines of different phases and amplitudes: a family with two parameters. */
const waves = (count: number, seed: number): Signal[] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const [amplitude, phase] = [0.4 + 0.6 * rng.uniform(), 2 * rng.uniform() - 1];
    return { coords, targets: { value: coords.map(x => amplitude * Math.sin(3 * x + phase)) } };
  });
};

const train = waves(40, 1);
const test = waves(10, 2);

const options = (more: Partial<PriorOptions> = {}): PriorOptions =>
  ({
    field,
    generator: hypernetwork({ hiddenFeatures: 24 }),
    encoder: setEncoder({ hiddenFeatures: 24, hiddenLayers: 0, omega0: 5 }),
    latentFeatures: 8,
    signalsPerStep: 8,
    seed: 5,
    ...more,
  }) as PriorOptions;

const errorOf = async (prior: Prior, signals: readonly Signal[], known: number): Promise<number> => {
  const fields = prior.complete(
    signals.map(({ coords: at, targets: { value } }) => {
      const rows = Array.from({ length: known }, (_, i) => Math.floor(((i + 0.5) * 24) / known));
      return {
        coords: Float32Array.from(rows, i => at[i] as number),
        values: Float32Array.from(rows, i => value?.[i] as number),
      };
    }),
  );
  const got = await fields.evaluate(tensor2d(coords, [24, 1])).data();
  fields.dispose();
  return signals.reduce(
    (sum, { targets: { value } }, b) =>
      sum +
      (value as Float32Array).reduce((a, v, i) => a + (v - (got[b * 24 + i] as number)) ** 2, 0) / 24 / signals.length,
    0,
  );
};

describe('a prior', () => {
  it('recovers new signals from a few samples, the better the more there are', async () => {
    const prior = createPrior(options());
    const points = signalPoints(prior, train, { context: { min: 3, max: 24 } });
    const held = term({
      name: 'held out',
      field: FIELDS,
      points: signalPoints(prior, test, { context: 12, inOrder: true }),
      loss,
    });
    const before = await errorOf(prior, test, 12);
    const settings = {
      steps: 250,
      reportEvery: 50,
      optimizer: adam({ learningRate: 3e-3 }),
      until: stopOnHeldOut(held, { patience: 250 }),
    };
    for await (const _ of fit(
      prior,
      priorTerms({ points, loss, latentWeight: 1e-3, parameterWeight: 1e-3 }),
      settings,
    ));
    const [few, many] = [await errorOf(prior, test, 3), await errorOf(prior, test, 12)];
    const mean = coords.map((_, i) => train.reduce((sum, s) => sum + (s.targets['value']?.[i] as number), 0) / 40);
    const floor = test.reduce(
      (sum, { targets: { value } }) => sum + mean.reduce((a, m, i) => a + (m - (value?.[i] as number)) ** 2, 0) / 240,
      0,
    );
    expect(before).toBeGreaterThan(floor / 2);
    expect(many).toBeLessThan(floor / 10);
    expect(many).toBeLessThan(few);

    // The file gives the same prior.
    const { prior: read, metadata } = decodePrior(await encodePrior(prior, { about: 'waves' }));
    expect(metadata).toEqual({ about: 'waves' });
    expect(await errorOf(read, test, 12)).toBe(many);
    read.dispose();
    prior.dispose();
  });

  it('refuses files of other models, and descriptions that do not fit', async () => {
    const prior = createPrior(options());
    const text = new TextDecoder('latin1').decode(await encodePrior(prior));
    const changed = text.replace('\\"hypernetwork\\"', '\\"hyponetwork\\" ');
    expect(() => decodePrior(Uint8Array.from(changed, character => character.charCodeAt(0)))).toThrow(
      /the description of the prior does not fit \(prior: unknown generator 'hyponetwork'/u,
    );
    prior.dispose();
  });

  it('resumes to the same bits', async () => {
    const make = (): TrainingCase => {
      const model = createPrior(options());
      const points = signalPoints(model, train, { context: { min: 3, max: 9 }, pointsPerSignal: 13 });
      return { model, terms: priorTerms({ points, loss, parameterWeight: 1 }), dispose: () => model.dispose() };
    };
    await expectResumable(make, 'simd');
    await setBackend('simd');
  });

  it('checks its signals', () => {
    const prior = createPrior(options());
    expect(() => signalPoints(prior, train.slice(0, 7))).toThrow('needs at least 8 signals, those of a step, got 7');
    const short = { coords, targets: { value: new Float32Array(23) } };
    expect(() => signalPoints(prior, [...train, short])).toThrow(
      "signal 40 must have the target 'value' [24, 1], got 23 values",
    );
    expect(() => signalPoints(prior, train, { context: 25 })).toThrow('the context must be at most 24 samples');
    prior.dispose();
  });

  it('draws the same points in any chunks', () => {
    const prior = createPrior(options());
    const at = { step: 3, steps: 9 };
    const rng = createRng(4);
    const source = signalPoints(prior, train, { pointsPerSignal: 10 });
    const whole = source.draw(0, 10, rng, at);
    const [first, second] = [source.draw(0, 4, rng, at), source.draw(4, 6, rng, at)];
    expect([...first.coords, ...second.coords]).toEqual([...whole.coords]);
    const [all, part] = [whole, second].map(({ targets = {} }) => targets['value'] ?? new Float32Array(0));
    expect(part).toHaveLength(48);
    expect(part?.slice(0, 6)).toEqual(all?.slice(4, 10));
    prior.dispose();
  });
});

describe('the latents of new signals', () => {
  it('are found by optimisation', async () => {
    const prior = createPrior(
      options({ generator: shiftModulation({ scale: 0.3 }), encoder: autoDecoder({ signals: 40 }) }),
    );
    const points = signalPoints(prior, train);
    const terms = priorTerms({ points, loss, latentWeight: 1e-4, parameterWeight: 0 });
    for await (const _ of fit(prior, terms, { steps: 300, reportEvery: 100, optimizer: adam({ learningRate: 5e-3 }) }));
    const before = memory().numTensors;
    const seen: number[] = [];
    const latents = await fitLatents(prior, test, { loss, steps: 100, onProgress: ({ step }) => seen.push(step) });
    expect(latents.shape).toEqual([10, 8]);
    expect(seen.at(-1)).toBe(100);
    const fields = prior.fields(latents);
    const got = await fields.evaluate(tensor2d(coords, [24, 1])).data();
    const error = test.reduce(
      (sum, { targets: { value } }, b) =>
        sum + (value as Float32Array).reduce((a, v, i) => a + (v - (got[b * 24 + i] as number)) ** 2, 0) / 240,
      0,
    );
    const power = test.reduce(
      (sum, { targets: { value } }) => sum + (value?.reduce((a, v) => a + v * v, 0) ?? 0) / 240,
      0,
    );
    expect(error).toBeLessThan(power / 30);
    fields.dispose();
    latents.dispose();
    expect(memory().numTensors - before).toBe(2); // the coordinates and the values of this test
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(fitLatents(prior, test, { loss, signal: stop })).rejects.toThrow('stopped');
    prior.dispose();
  });

  it('can be interpolated and sampled', async () => {
    const [a, b] = [tensor2d([[0, 2]]), tensor2d([[1, 0]])];
    expect(await interpolateLatents(a, b, 3).array()).toEqual([
      [0, 2],
      [0.5, 1],
      [1, 0],
    ]);
    expect(() => interpolateLatents(a, tensor2d([[1]]), 3)).toThrow(
      'from and to must be [1, L], got [1, 2] and [1, 1]',
    );
    const rng = createRng(1);
    const many = tensor2d(
      Float32Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 3 : -1) + (i % 2 === 0 ? 2 : 0.5) * rng.normal()),
      [2000, 2],
    );
    const drawn = latentStatistics(sampleLatents(latentStatistics(many), 2000, createRng(2)));
    const [mean, deviation] = [await drawn.mean.data(), await drawn.deviation.data()];
    // 4 standard errors of means and deviations of 2,000 samples, of both sets.
    for (const [i, wanted] of [2, 0.5].entries()) {
      expect(Math.abs((mean[i] as number) - (i === 0 ? 3 : -1))).toBeLessThan(4 * wanted * Math.sqrt(2 / 2000));
      expect(Math.abs((deviation[i] as number) - wanted)).toBeLessThan(4 * wanted * Math.sqrt(1 / 2000));
    }
  });
});
