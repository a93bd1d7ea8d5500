/** @file Pruning of the layers of other packages: frequencies, levels of grids, complex features. */
import '@neural-fields/kernels-wasm';
import { createField, type Field, type FieldSpec, type LayerSpec, mlp } from '@neural-fields/core';
import { encodings, fourierFeatures, hashGrid, multiResolutionGrid } from '@neural-fields/encodings';
import { networkExtensions, networkPreset } from '@neural-fields/networks';
import { periodicExtensions, tuner } from '@neural-fields/periodic-init';
import { removalBound, removeUnits, type UnitIndices, unitsOf } from '@neural-fields/pruning';
import { setBackend, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => setBackend('simd'));

const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 6, hiddenLayers: 1 };
const encoded = (encoding: LayerSpec): Field => {
  const extensions = { layers: encodings };
  const spec = mlp({ ...size, activation: { kind: 'tanh' }, encoding, extensions });
  return createField(spec, { seed: 2, extensions });
};
const periodic = (trainableFrequencies: boolean): Field => {
  const spec: FieldSpec = tuner({ ...size, maxFrequency: 5, inputFrequencies: 9, trainableFrequencies });
  return createField(spec, { seed: 2, extensions: periodicExtensions });
};
const levels = { levels: 4, baseResolution: 2, growth: 1.6 };

const fields: Readonly<Record<string, () => Field>> = {
  'frozen frequencies': () => periodic(false),
  'trained frequencies': () => periodic(true),
  'random Fourier features': () => encoded(fourierFeatures({ features: 7, scale: 1, seed: 3 })),
  'sines first': () => encoded(fourierFeatures({ features: 7, scale: 1, seed: 3, order: 'sines-first' })),
  'a hash grid': () => encoded(hashGrid({ ...levels, log2HashmapSize: 4, initialBound: 0.5 })),
  'a dense multi-resolution grid': () => encoded(multiResolutionGrid({ ...levels, initialBound: 0.5 })),
  wire: () =>
    createField(networkPreset('wire').spec({ inFeatures: 2, outFeatures: 2 }, { hiddenFeatures: 12 }), {
      seed: 1,
      extensions: networkExtensions,
    }),
};

const coords = (): Tensor2D =>
  tensor2d(
    Float32Array.from({ length: 60 }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i)),
    [30, 2],
  );

describe.each(Object.entries(fields))('%s', (_, make) => {
  it('loses the units of its first layer, within the bound', async () => {
    const field = make();
    const [{ layer, removable, count }] = unitsOf(field) as [ReturnType<typeof unitsOf>[number]];
    expect(removable.length).toBe(count);
    const selection: UnitIndices = { [layer]: [1, count - 1] };
    const { field: smaller, map } = await removeUnits(field, selection);
    expect(unitsOf(smaller)[0]?.count).toBe(count - 2);
    expect(smaller.parameterCount).toBeLessThan(field.parameterCount);
    // The field with zeros where the smaller one has no parameters computes the same.
    const kept = new Set(
      map(
        Float32Array.from({ length: field.parameterCount }, (_, i) => i),
        'optimizer.0',
      ),
    );
    const zeroed = await Promise.all(
      field.layout.entries.map(async ({ name, offset }) => {
        const values = Float32Array.from((await field.parameters[name]?.data()) ?? []);
        return [name, values.map((value, i) => (kept.has(offset + i) ? value : 0))] as const;
      }),
    );
    const { spec, extensions } = field;
    const masked = createField(spec, { extensions, parameters: Object.fromEntries(zeroed) });
    const [before, wanted, got] = await Promise.all(
      [field, masked, smaller].map(async one => [...(await one.evaluate(coords()).data())]),
    );
    const bound = await removalBound(field, selection);
    for (const [i, value] of (got as number[]).entries()) {
      expect(value).toBeCloseTo(wanted?.[i] as number, 5);
      expect(Math.abs(value - (before?.[i] as number))).toBeLessThanOrEqual((bound[i % 2] as number) + 1e-5);
    }
    expect(got).not.toEqual(before);
  });
});
