import '@tensorflow/tfjs-backend-cpu';
import { createField, decodeField, encodeField, type Field, parseSpec } from '@neural-fields/core';
import { expectCloseInNorm, FIELD_GRADIENT, FIELD_SECOND, FIELD_VALUE, taylorAlgebra } from '@neural-fields/testing';
import { setBackend, type Tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FREQUENCY_GROUP, type PeriodicSpec, periodicExtensions, periodOf, tuner } from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const extensions = periodicExtensions;
const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 16 };
const read = async (t: Tensor): Promise<Float32Array> => Float32Array.from(await t.data());
const valuesOf = (field: Field, coords: readonly (readonly number[])[]): number[] =>
  tidy(() => Array.from(field.evaluate(tensor2d(coords.map(point => [...point]))).dataSync()));

describe('tuner', () => {
  it('has the period in every coordinate, to float32', () => {
    fc.assert(
      fc.property(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 3 }),
          period: fc.constantFrom(2, 3, 4, 0.7),
          maxFrequency: fc.integer({ min: 1, max: 60 }),
          seed: fc.integer({ min: 0, max: 99 }),
        }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        ({ inFeatures, period, maxFrequency, seed }, point) => {
          const spec = tuner({ inFeatures, outFeatures: 1, hiddenFeatures: 32, period, maxFrequency, seed });
          const field = createField(spec, { seed, extensions });
          const start = point.slice(0, inFeatures);
          const moved = start.map((_, axis) => start.map((x, i) => x + (i === axis ? period : 0)));
          const [first = 0, ...others] = valuesOf(field, [start, ...moved]);
          // The phases of the first layer are up to 2 pi q (|x| + p) / p; each has that many roundoffs of 6e-8.
          const phase = (2 * Math.PI * maxFrequency * inFeatures * (1 + period)) / period;
          for (const other of others) expect(Math.abs(other - first)).toBeLessThan(5e-7 * phase + 1e-6);
          field.dispose();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has the jet of its formula in float64', async () => {
    const spec = tuner({ ...size, maxFrequency: 9, period: 3 });
    const field = createField(spec, { seed: 2, extensions });
    const { frequencies, period } = spec.layers[0] as PeriodicSpec;
    const at = Object.fromEntries(
      await Promise.all(Object.entries(field.parameters).map(async ([name, v]) => [name, await read(v)] as const)),
    ) as Record<string, Float32Array>;
    const points = [
      [0.25, -0.5],
      [-0.75, 0.125],
    ];
    const expected: Record<'value' | 'gradient' | 'laplacian', number[]> = { value: [], gradient: [], laplacian: [] };
    const t = taylorAlgebra(2, 2);
    for (const point of points) {
      const x = point.map((value, axis) => t.variable(axis, value));
      const dense = (h: typeof x, layer: number, n: number): typeof x =>
        Array.from({ length: n }, (_, o) =>
          h.reduce(
            (total, value, i) => t.add(total, t.scale(value, at[`layers.${layer}.weight`]?.[i * n + o] as number)),
            t.constant(at[`layers.${layer}.bias`]?.[o] as number),
          ),
        );
      const first = frequencies.map((q, j) =>
        t.sin(
          q.reduce(
            (total, component, axis) =>
              t.add(total, t.scale(x[axis] as (typeof x)[number], (2 * Math.PI * component) / period)),
            t.constant(at['layers.0.bias']?.[j] as number),
          ),
        ),
      );
      const hidden = dense(first, 1, 16).map(z => t.sin(t.scale(z, 30)));
      const out = dense(hidden, 2, 2);
      expected.value.push(...out.map(f => t.value(f)));
      for (const orders of [
        [1, 0],
        [0, 1],
      ])
        expected.gradient.push(...out.map(f => t.derivative(f, orders)));
      expected.laplacian.push(...out.map(f => t.derivative(f, [2, 0]) + t.derivative(f, [0, 2])));
    }
    const jet = field.jet(tensor2d(points), { gradient: true, laplacian: true });
    expectCloseInNorm(await read(jet.value), expected.value, FIELD_VALUE, 'value');
    expectCloseInNorm(await read(jet.gradient), expected.gradient, FIELD_GRADIENT, 'gradient');
    expectCloseInNorm(await read(jet.laplacian), expected.laplacian, FIELD_SECOND, 'laplacian');
    field.dispose();
  });

  it('keeps its frequencies in the spec, or trains them in a group of their own', async () => {
    const frozen = createField(tuner({ ...size, maxFrequency: 9 }), { seed: 0, extensions });
    expect(frozen.layout.select({ group: FREQUENCY_GROUP })).toEqual([]);
    const trained = createField(tuner({ ...size, maxFrequency: 9, trainableFrequencies: true }), {
      seed: 0,
      extensions,
    });
    expect([periodOf(frozen.spec), periodOf(trained.spec)]).toEqual([4, undefined]);
    const [entry] = trained.layout.select({ group: FREQUENCY_GROUP });
    expect(entry).toMatchObject({ name: 'layers.0.weight', shape: [2, 16] });
    expect(valuesOf(trained, [[0.3, 0.2]])[0]).toBeCloseTo(valuesOf(frozen, [[0.3, 0.2]])[0] as number, 5);
    const copy = decodeField(await encodeField(frozen), extensions);
    expect(copy.spec).toEqual(frozen.spec);
    for (const field of [frozen, trained, copy]) field.dispose();
  });

  it('draws other frequencies from other seeds, and uses given ones', () => {
    const spec = (seed: number) => (tuner({ ...size, maxFrequency: 30, seed }).layers[0] as PeriodicSpec).frequencies;
    expect(spec(1)).toEqual(spec(1));
    expect(spec(1)).not.toEqual(spec(2));
    const frequencies = [
      [1, 0],
      [0, 16],
    ];
    expect(tuner({ ...size, frequencies }).layers[0]).toMatchObject({ frequencies, lowFrequency: 2, period: 4 });
  });

  it('takes its bound from the number of samples', () => {
    const layer = tuner({ ...size, hiddenFeatures: 256, samples: 512 }).layers[0] as PeriodicSpec;
    expect(layer.lowFrequency).toBe(10);
    expect(Math.max(...layer.frequencies.flat().map(Math.abs))).toBeGreaterThan(70);
    expect(Math.max(...layer.frequencies.flat().map(Math.abs))).toBeLessThanOrEqual(85);
  });

  it('refuses bad options', () => {
    expect(() => tuner(size)).toThrow('must have one of maxFrequency, samples and frequencies, got none');
    expect(() => tuner({ ...size, maxFrequency: 3, samples: 9 })).toThrow('got maxFrequency and samples');
    expect(() => tuner({ ...size, frequencies: [[1, 0]], seed: 1 })).toThrow('seed must be absent with frequencies');
    expect(() => tuner({ ...size, frequencies: [[1]] })).toThrow('frequency 0 must be 2 integers');
    expect(() => tuner({ ...size, maxFrequency: 3, period: -1 })).toThrow('period must be a positive number, got -1');
    expect(() => parseSpec({ inFeatures: 1, layers: [{ kind: 'periodic' }] }, extensions)).toThrow(
      'periodic: period must be a positive number, got undefined',
    );
  });
});
