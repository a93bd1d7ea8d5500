import '@neural-fields/kernels-wasm';
import { adam, createField, type Field, fit, type ObjectiveTerm } from '@neural-fields/core';
import { amplitudeSpectrum } from '@neural-fields/core/spectra';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  addFrequencies,
  addPrune,
  addUnits,
  doubledFrequencies,
  inputFrequencies,
  outgoingL1,
  type PruneProgress,
  prune,
  spectralPeaks,
  weakestDecay,
} from '../src/index.ts';
import { makeField, somePoints, specs } from './networks.ts';
import { fittedField, lossOf, task } from './task.ts';

beforeAll(() => setBackend('simd'));

const valuesAt = async (field: Field): Promise<number[]> => [...(await field.evaluate(somePoints()).data())];
const parameter = async (field: Field, name: string): Promise<number[]> => [
  ...((await field.parameters[name]?.data()) ?? []),
];

describe('addUnits', () => {
  it.each([
    ['siren', { 'layers.0': 3, 'layers.1': 2 }],
    ['relu', { 'layers.1': 4 }],
    ['concat', { 'layers.0.branches.0': 2, 'layers.0.branches.1.layers.1': 3 }],
    ['product', { 'layers.0.branches.0': 2, 'layers.0.branches.1': 2 }],
    [
      'residual',
      {
        'layers.0': 2,
        'layers.1.branches.1.layers.1': 2,
        'layers.2.branches.1.layers.1': 2,
        'layers.1.branches.1.layers.0': 1,
      },
    ],
    ['batch normalisation', { 'layers.0': 2 }],
  ] as const)('does not change the output of %s', async (name, counts) => {
    const field = makeField(name, 4);
    const { field: wider } = await addUnits(field, counts);
    expect(wider.parameterCount).toBeGreaterThan(field.parameterCount);
    const [before, after] = [await valuesAt(field), await valuesAt(wider)];
    // Zeros are added in another order of summation.
    for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 6);
  });

  it('initialises what makes a unit, and zeroes what reads it', async () => {
    const { field: wider, map } = await addUnits(makeField('siren'), { 'layers.0': 2 }, { seed: 5 });
    expect((await parameter(wider, 'layers.1.weight')).slice(7 * 7)).toEqual(new Array(14).fill(0));
    const bias = (await parameter(wider, 'layers.0.bias')).slice(7);
    expect(bias.every(value => value !== 0)).toBe(true);
    const moments = map(new Float32Array(makeField('siren').parameterCount).fill(1), 'optimizer.0');
    expect([...wider.layout.view(moments, 'layers.0.bias')]).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  it('says what cannot grow', async () => {
    await expect(addUnits(makeField('siren'), { 'layers.2': 1 })).rejects.toThrow(
      "addUnits: layer 'layers.2' of kind 'dense' cannot have more units",
    );
    await expect(addUnits(makeField('siren'), { 'layers.1': 0 })).rejects.toThrow(
      "addUnits: the count of 'layers.1' must be a positive integer, got 0",
    );
  });
});

describe('input frequencies', () => {
  it('are added without a change of the output', async () => {
    const field = makeField('siren');
    const wanted = [
      [3, -4],
      [11, 0.5],
    ];
    const { field: wider } = await addFrequencies(field, wanted);
    const { frequencies } = await inputFrequencies(wider);
    for (const [k, frequency] of wanted.entries())
      for (const [i, component] of frequency.entries()) expect(frequencies[7 + k]?.[i]).toBeCloseTo(component, 5);
    const [before, after] = [await valuesAt(field), await valuesAt(wider)];
    for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 6);
    await expect(addFrequencies(field, [[1]])).rejects.toThrow(
      'addFrequencies: frequencies must be 2 finite numbers each, got [1]',
    );
    await expect(inputFrequencies(makeField('relu'))).rejects.toThrow(
      "inputFrequencies: the field must begin with a layer of sines or of frequencies, got 'dense'",
    );
  });

  it('are doubled, the most important first, and never twice', async () => {
    const field = makeField('siren');
    const { frequencies } = await inputFrequencies(field);
    const doubled = await doubledFrequencies(field, { count: 3, maxFrequency: 8 });
    expect(doubled.length).toBe(3);
    for (const frequency of doubled) {
      expect(frequencies).toContainEqual(frequency.map(component => component / 2));
      expect(Math.max(...frequency.map(Math.abs))).toBeLessThanOrEqual(8);
    }
    const { field: wider } = await addFrequencies(field, doubled);
    for (const frequency of await doubledFrequencies(wider, { count: 5 }))
      expect(doubled).not.toContainEqual(frequency);
  });

  it('are found where a spectrum peaks', () => {
    const spacing = 2 / 64;
    const data = Float32Array.from({ length: 64 * 64 }, (_, i) => {
      const [y, x] = [Math.floor(i / 64) * spacing, (i % 64) * spacing];
      return Math.sin(2 * Math.PI * (3 * y - 5 * x)) + 0.5 * Math.sin(2 * Math.PI * 7 * x);
    });
    const spectrum = amplitudeSpectrum({ data, shape: [64, 64] }, { spacing });
    const peaks = spectralPeaks(spectrum, { count: 2 });
    const cycles = peaks.map(peak => peak.map(component => Math.abs(Math.round(component / (2 * Math.PI)))));
    expect(cycles).toEqual([
      [3, 5],
      [0, 7],
    ]);
    expect(spectralPeaks(spectrum, { count: 1, known: peaks.slice(0, 1) })).toEqual(peaks.slice(1));
  });
});

describe('regularisers', () => {
  const after = async (terms: (field: Field) => readonly ObjectiveTerm[]): Promise<Field> => {
    const field = createField(specs['siren']!, { seed: 2 });
    const options = { steps: 60, optimizer: adam({ learningRate: 5e-3 }), reportEvery: 60 };
    const single = createField(
      {
        ...field.spec,
        layers: [...field.spec.layers.slice(0, 2), { ...field.spec.layers[2], outFeatures: 1 } as never],
      },
      { seed: 2 },
    );
    for await (const _ of fit(single, [...task, ...terms(single)], options));
    return single;
  };
  /** Row sums of the absolute weights that read the first layer, ascending. */
  const norms = async (field: Field): Promise<number[]> => {
    const weight = await parameter(field, 'layers.1.weight');
    return Array.from({ length: 7 }, (_, j) =>
      weight.slice(7 * j, 7 * j + 7).reduce((sum, value) => sum + Math.abs(value), 0),
    ).sort((a, b) => a - b);
  };

  it('L1 makes the outgoing weights smaller', async () => {
    const [free, decayed] = [
      await norms(await after(() => [])),
      await norms(await after(field => [outgoingL1(field, { weight: 3e-2 })])),
    ];
    const total = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0);
    expect(total(decayed)).toBeLessThan(0.7 * total(free));
  });

  it('targeted decay makes the weakest units weaker, and spares the others', async () => {
    const free = await norms(await after(() => []));
    const decayed = await norms(await after(field => [weakestDecay(field, { weakest: 3, weight: 1, rampSteps: 20 })]));
    const share = (all: readonly number[]): number =>
      (all[0]! + all[1]! + all[2]!) / all.reduce((sum, value) => sum + value, 0);
    expect(share(decayed)).toBeLessThan(share(free) / 3);
    expect(decayed[6]).toBeGreaterThan(0.5 * free[6]!);
  });

  it('stay valid while the layer is pruned', async () => {
    const field = await fittedField(20);
    const terms = [...task, outgoingL1(field), weakestDecay(field, { weakest: 2, weight: 1e-2 })];
    let last: PruneProgress | undefined;
    const options = { parameters: 400, rounds: 2, stepsPerRound: 5, optimizer: adam({ learningRate: 1e-3 }) };
    for await (const progress of prune(field, terms, options)) last = progress;
    expect(last?.field.parameterCount).toBeLessThanOrEqual(400);
    expect(() => outgoingL1(field, { layer: 'layers.7' })).toThrow("outgoingL1: there are no units of 'layers.7'");
  });
});

describe('addPrune', () => {
  it('exchanges frequencies, keeps the size, and goes on fitting, without leaks', async () => {
    const field = await fittedField(60);
    const { frequencies: before } = await inputFrequencies(field);
    const tensors = memory().numTensors;
    const options = {
      exchange: 3,
      rounds: 3,
      stepsPerRound: 20,
      finalSteps: 60,
      optimizer: adam({ learningRate: 3e-3 }),
    };
    let last: PruneProgress | undefined;
    const rounds = new Set<number>();
    for await (const progress of addPrune(field, task, options)) {
      last = progress;
      rounds.add(progress.round);
    }
    const { field: exchanged, removed } = last!;
    expect([...rounds]).toEqual([0, 1, 2, 3]);
    expect(exchanged.parameterCount).toBe(field.parameterCount);
    expect(removed['layers.0']).toHaveLength(3);
    expect((await inputFrequencies(exchanged)).frequencies.length).toBe(before.length);
    expect(await lossOf(exchanged)).toBeLessThan(await lossOf(field));
    exchanged.dispose();
    expect(memory().numTensors).toBe(tensors);
  });
});
