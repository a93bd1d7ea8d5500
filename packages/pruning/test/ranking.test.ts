import '@neural-fields/kernels-wasm';
import { createField, type Field, mlp } from '@neural-fields/core';
import { setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  besselBound,
  criteria,
  gradientTimesWeight,
  magnitude,
  outgoingNorm,
  type RankedUnit,
  randomScores,
  rankUnits,
  removeUnits,
} from '../src/index.ts';
import { amplitudeSum } from '../src/ranking/bessel-bound.ts';
import { makeField } from './networks.ts';
import { fittedField, lossOf, task } from './task.ts';

beforeAll(() => setBackend('simd'));

/** 2 -> 2 -> 2 -> 1 with sines of omega 3 and chosen weights. */
const known = (): Field => {
  const spec = mlp({
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 2,
    hiddenLayers: 1,
    activation: { kind: 'sine', omega: 3 },
  });
  return createField(spec, {
    parameters: {
      'layers.0.weight': Float32Array.of(7, -8),
      'layers.0.bias': Float32Array.of(0, 0),
      'layers.1.weight': Float32Array.of(0.1, -0.2, 0.3, 0.05),
      'layers.1.bias': Float32Array.of(0, 0),
      'layers.2.weight': Float32Array.of(2, -0.5),
      'layers.2.bias': Float32Array.of(0),
    },
  });
};

const scoresOf = (ranked: readonly RankedUnit[]): Record<string, number> =>
  Object.fromEntries(ranked.map(({ layer, index, score }) => [`${layer} ${index}`, score]));

/** J_k(x), by the integral of its definition. */
const bessel = (k: number, x: number): number => {
  const n = 200;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = (Math.PI * (i + 0.5)) / n;
    sum += Math.cos(k * t - x * Math.sin(t)) / n;
  }
  return sum;
};

describe('criteria', () => {
  it('outgoing is the L1 norm of the rows that read a unit', async () => {
    const scores = scoresOf(await rankUnits(known(), outgoingNorm(), { scope: 'layer' }));
    expect(scores['layers.0 0']).toBeCloseTo(0.3, 6);
    expect(scores['layers.0 1']).toBeCloseTo(0.35, 6);
    expect(scores['layers.1 0']).toBe(2);
    expect(scores['layers.1 1']).toBe(0.5);
  });

  it('magnitude is the L1 norm of the column that makes a unit', async () => {
    const scores = scoresOf(await rankUnits(known(), magnitude(), { scope: 'layer' }));
    expect(scores['layers.0 0']).toBe(7);
    expect(scores['layers.1 1']).toBeCloseTo(0.25, 6);
  });

  it('bessel weighs each sine by its amplitude bound and what reads it', async () => {
    const scores = scoresOf(await rankUnits(known(), besselBound(), { scope: 'layer' }));
    expect(scores['layers.0 0']).toBeCloseTo(2 * amplitudeSum(0.3) + 0.5 * amplitudeSum(0.6), 5);
    expect(scores['layers.1 0']).toBe(2);
  });

  it('bounds the amplitudes of all harmonics that an input takes part in', () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), w => {
        let amplitudes = 0;
        for (let k = 1; k <= 30; k++) amplitudes += 2 * Math.abs(bessel(k, w));
        expect(amplitudeSum(w)).toBeGreaterThanOrEqual(amplitudes - 1e-9);
      }),
    );
    // For small weights the bound is that of the first harmonic, J_1(w) = w / 2.
    expect(amplitudeSum(1e-4)).toBeCloseTo(1e-4, 7);
  });

  it('bessel refuses other activations', async () => {
    await expect(rankUnits(makeField('relu'), besselBound())).rejects.toThrow(
      "bessel: the units of 'layers.1' must be sines",
    );
  });

  it('gradient orders units by what their removal costs better than chance', async () => {
    const field = await fittedField();
    const ranked = await rankUnits(field, gradientTimesWeight({ terms: task, batches: 4 }), { scope: 'layer' });
    const without = async (of: readonly RankedUnit[]): Promise<number> => {
      const { field: smaller } = await removeUnits(field, {
        'layers.1': of.filter(({ layer }) => layer === 'layers.1').map(({ index }) => index),
      });
      return lossOf(smaller);
    };
    const own = ranked.filter(({ layer }) => layer === 'layers.1');
    expect(await without(own.slice(0, 6))).toBeLessThan((await without(own.slice(-6))) / 2);
  });

  it('random depends on the seed alone', async () => {
    const orders = await Promise.all(
      [1, 1, 2].map(async seed =>
        (await rankUnits(makeField('siren'), randomScores({ seed }))).map(({ layer, index }) => `${layer} ${index}`),
      ),
    );
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
  });

  it.each(Object.entries(criteria))('%s ranks every unit once', async (_, make) => {
    const ranked = await rankUnits(await fittedField(1), make({ terms: task, seed: 1 }));
    expect(ranked.length).toBe(48);
    expect(new Set(ranked.map(({ layer, index }) => `${layer} ${index}`)).size).toBe(48);
    for (const [i, { score }] of ranked.entries()) {
      expect(score).toBeGreaterThanOrEqual(ranked[i - 1]?.score ?? 0);
      expect(Number.isFinite(score)).toBe(true);
    }
  });

  it('gives tied units together', async () => {
    const ranked = await rankUnits(makeField('residual'), outgoingNorm());
    const tied = ranked.find(({ layer }) => layer === 'layers.0');
    expect(Object.keys(tied!.selection)).toEqual([
      'layers.0',
      'layers.1.branches.1.layers.1',
      'layers.2.branches.1.layers.1',
    ]);
    await removeUnits(makeField('residual'), tied!.selection);
  });

  it('says which layers there are', async () => {
    await expect(rankUnits(makeField('siren'), outgoingNorm(), { layers: ['layers.2'] })).rejects.toThrow(
      "rankUnits: layers must be paths of layers with units that can be removed, got 'layers.2'; there are layers.0, layers.1",
    );
  });
});
