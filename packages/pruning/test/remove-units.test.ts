import '@tensorflow/tfjs-backend-cpu';
import { createField, encodeField, type Field, outFeatures } from '@neural-fields/core';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LayerUnits, removalBound, removeUnits, type UnitIndices, unitsOf } from '../src/index.ts';
import { makeField, somePoints, specs } from './networks.ts';

beforeAll(() => setBackend('cpu'));

/** A selection that takes units with their ties, and leaves one of each layer. */
const selectionFrom = (layers: readonly LayerUnits[], picks: readonly number[]): UnitIndices => {
  const selection: Record<string, number[]> = {};
  const done = new Set<string>();
  for (const { layer, removable, tiedTo } of layers) {
    if (done.has(layer) || removable.length < 2) continue;
    const chosen = removable.slice(1).filter((_, i) => picks[i % picks.length] === 1);
    for (const path of [layer, ...tiedTo]) {
      if (chosen.length > 0) selection[path] = chosen;
      done.add(path);
    }
  }
  return selection;
};

const valuesAt = async (field: Field): Promise<number[]> => [...(await field.evaluate(somePoints()).data())];

describe.each(Object.keys(specs))('removeUnits: %s', name => {
  it('makes a smaller field whose output changes by no more than the bound', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 99 }),
        fc.boolean(),
        async (picks, seed, folds) => {
          const field = makeField(name, seed);
          const selection = selectionFrom(unitsOf(field), picks);
          const count = Object.values(selection).reduce((sum, indices) => sum + indices.length, 0);
          const options = folds ? { meanOver: somePoints(16) } : {};
          const { field: smaller } = await removeUnits(field, selection, options);
          const bound = await removalBound(field, selection, options);
          const [before, after] = [await valuesAt(field), await valuesAt(smaller)];
          expect(smaller.outFeatures).toBe(outFeatures(field.spec));
          if (count === 0) expect(after).toEqual(before);
          else expect(smaller.parameterCount).toBeLessThan(field.parameterCount);
          for (const [i, value] of before.entries())
            expect(Math.abs(value - (after[i] as number))).toBeLessThanOrEqual((bound[i % 2] as number) + 2e-6);
          field.dispose();
          smaller.dispose();
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe.each(Object.keys(specs))('removeUnits: %s', name => {
  it('computes what the field does with zeros in place of the removed parameters', async () => {
    const field = makeField(name, 3);
    const { field: smaller, map } = await removeUnits(field, selectionFrom(unitsOf(field), [1, 0, 0]));
    const kept = new Set(
      map(
        Float32Array.from({ length: field.parameterCount }, (_, i) => i),
        'optimizer.0',
      ),
    );
    expect(kept.size).toBe(smaller.parameterCount);
    const zeroed = await Promise.all(
      field.layout.entries.map(async ({ name: parameter, offset }) => {
        const values = Float32Array.from(await field.parameters[parameter]!.data());
        return [parameter, values.map((value, i) => (kept.has(offset + i) ? value : 0))] as const;
      }),
    );
    const masked = createField(field.spec, { parameters: Object.fromEntries(zeroed) });
    const [wanted, got] = [await valuesAt(masked), await valuesAt(smaller)];
    for (const [i, value] of wanted.entries()) expect(Math.abs(value - got[i]!)).toBeLessThan(2e-6);
  });
});

describe('removeUnits', () => {
  it('has a bound for one sine layer and a linear one that is the formula', async () => {
    const field = makeField('siren');
    const bound = await removalBound(field, { 'layers.0': [3, 4] });
    const w = await field.parameters['layers.1.weight']!.data();
    const c = await field.parameters['layers.2.weight']!.data();
    for (const o of [0, 1]) {
      let wanted = 0;
      for (let i = 0; i < 7; i++) {
        const effective = 3 * (Math.abs(w[3 * 7 + i]!) + Math.abs(w[4 * 7 + i]!));
        wanted += Math.abs(c[2 * i + o]!) * Math.min(2, effective);
      }
      expect(bound[o]).toBeLessThanOrEqual(wanted * (1 + 1e-12));
      expect(bound[o]).toBeGreaterThan(wanted / 2);
    }
  });

  it('keeps the values of what remains, and makes the file smaller', async () => {
    const field = makeField('siren');
    const { field: smaller, map } = await removeUnits(field, { 'layers.0': [0], 'layers.1': [1, 6] });
    expect(smaller.layout.entries.map(({ shape }) => shape)).toEqual([[2, 6], [6], [6, 5], [5], [5, 2], [2]]);
    const positions = map(
      Float32Array.from({ length: field.parameterCount }, (_, i) => i),
      'optimizer.0',
    );
    const { offset } = field.layout.entry('layers.1.weight');
    const expected = [1, 2, 3, 4, 5, 6].flatMap(row => [0, 2, 3, 4, 5].map(column => offset + row * 7 + column));
    expect([...smaller.layout.view(positions, 'layers.1.weight')]).toEqual(expected);
    expect((await encodeField(smaller)).length).toBeLessThan((await encodeField(field)).length);
  });

  it('leaves no tensors', async () => {
    const field = makeField('residual');
    const coords = somePoints();
    const before = memory().numTensors;
    const { field: smaller } = await removeUnits(field, { 'layers.1.branches.1.layers.0': [1] }, { meanOver: coords });
    smaller.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    ['siren', { 'layers.2': [0] }, "removeUnits: unit 0 of 'layers.2' cannot be removed: it is an output of the field"],
    ['siren', { 'layers.1': [7] }, "removeUnits: units of 'layers.1' must be integers from 0 to 6, got 7"],
    ['siren', { 'layers.1': [0, 1, 2, 3, 4, 5, 6] }, "at least one unit of 'layers.1' must remain, got all 7"],
    ['siren', { 'layers.5': [0] }, "there are no units of 'layers.5'; the layers with units: layers.0, layers.1"],
    [
      'residual',
      { 'layers.0': [2] },
      "unit 2 of 'layers.0' is tied to unit 2 of 'layers.1.branches.1.layers.1', by a sum or a product: remove both",
    ],
  ] as const)('refuses what %s cannot lose: %j', async (name, selection, message) => {
    await expect(removeUnits(makeField(name), selection as UnitIndices)).rejects.toThrow(message);
  });

  it('refuses layers that have no smaller version', async () => {
    const odd = {
      kind: 'odd',
      apply: (input: never, { layer }: { layer: (spec: object, path: string, of: never) => never }) =>
        layer({ ...specs['relu']!.layers[0], outFeatures: 4 }, 'inner', input),
    };
    const spec = { inFeatures: 2, layers: [{ kind: 'odd' }, ...specs['relu']!.layers] };
    const field = createField(spec, { seed: 1, extensions: { layers: [odd as never] } });
    await expect(removeUnits(field, { 'layers.0': [1] })).rejects.toThrow(
      "unit 1 of 'layers.0' cannot be removed: layers of kind 'odd' cannot be made smaller",
    );
  });
});
