import '@tensorflow/tfjs-backend-cpu';
import { createField, createRng, siren } from '@neural-fields/core';
import { expect, test } from 'vitest';
import { learnedAt } from '../src/experiments/spectral-bias.ts';
import { perturbedField } from '../src/shared/perturbed.ts';
import { amplitudesAt, waveSum } from '../src/shared/wave-sum.ts';

test('the signal is a sum of sines of amplitude 1 at the frequencies of the paper', () => {
  const { frequencies, coords, values } = waveSum(200, 0);
  expect(frequencies).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  expect(coords[0]).toBeCloseTo(-1 + 1 / 200, 6);
  for (const amplitude of amplitudesAt(values, frequencies)) expect(amplitude).toBeCloseTo(1, 5);
  for (const amplitude of amplitudesAt(values, [4, 7, 51, 99])) expect(amplitude).toBeLessThan(1e-5);
  expect(waveSum(200, 1).values).not.toEqual(values);
});

test('few samples hold few frequencies, all below half the sampling rate', () => {
  for (const samples of [16, 17, 40, 64])
    expect(2 * (waveSum(samples, 0).frequencies.at(-1) ?? 99)).toBeLessThan(samples);
});

test('a frequency is learned where its error stays small', () => {
  const steps = [10, 20, 30, 40];
  expect(learnedAt(steps, [1, 0.1, 0.9, 0.1])).toBe(40);
  expect(learnedAt(steps, [0.1, 0.2, 0.3, 0.31])).toBe(10);
  expect(learnedAt(steps, [0.1, 0.1, 0.1, 0.9])).toBeUndefined();
});

test('parameters are moved by a part of their length, and the field itself is not', async () => {
  const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 30 }), {
    seed: 0,
  });
  const read = async (of: typeof field): Promise<number[]> =>
    (await Promise.all(Object.values(of.parameters).map(async variable => [...(await variable.data())]))).flat();
  const before = await read(field);
  const moved = await perturbedField(field, 0.1, createRng(1));
  const after = await read(moved);
  const length = Math.hypot(...before);
  expect(Math.hypot(...after.map((value, i) => value - (before[i] as number))) / length).toBeCloseTo(0.1, 5);
  expect(await read(field)).toEqual(before);
  const again = await perturbedField(field, 0.1, createRng(1));
  expect(await read(again)).toEqual(after);
  for (const each of [field, moved, again]) each.dispose();
});
