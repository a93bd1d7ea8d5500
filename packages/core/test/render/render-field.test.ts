import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm, FIELD_VALUE, fieldJet, type OracleActivation } from '@neural-fields/testing';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField, createRng, encodeField, type FieldSpec, parseSpec, readField, siren } from '../../src/index.ts';
import { coreActivations, custom, type LayerDefinition } from '../../src/layers.ts';
import { createRenderField, decodeRenderField } from '../../src/render.ts';

beforeAll(async () => {
  await setBackend('cpu');
});

const points = (n: number, seed = 4): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: 2 * n }, () => 2 * rng.uniform() - 1);
};

const chain = (activation: object): FieldSpec =>
  parseSpec({
    inFeatures: 2,
    layers: [activation, activation, { kind: 'identity' }].map((one, i) => ({
      kind: 'dense',
      outFeatures: 5 - i,
      activation: one,
      weightInitialiser: { kind: 'xavier-normal' },
      biasInitialiser: { kind: 'uniform', bound: 0.5 },
    })),
  });

describe.each(coreActivations.map(definition => [definition.kind, definition] as const))('%s', (kind, definition) => {
  const names = Object.keys(definition.parameters);
  it.each([[], ...(names.length > 0 && definition.parameterDerivatives ? [names] : [])])(
    'has the values of the float64 oracle and of field.evaluate, learned: %s',
    async (...learnable) => {
      const activation = { kind, ...definition.parameters, ...(learnable.length > 0 && { learnable }) };
      const field = createField(chain(activation), { seed: 2 });
      const data = await readField(field);
      const coords = points(20);
      const drawn = createRenderField(data).evaluate(coords);
      const layers = [5, 4, 3].map((outFeatures, i) => ({
        kind: 'dense',
        outFeatures,
        activation: (i < 2 ? { kind, ...definition.parameters } : { kind: 'identity' }) as OracleActivation,
      }));
      const parameters = Object.fromEntries([...data.parameters].map(([name, { data: values }]) => [name, values]));
      const exact = Array.from({ length: 20 }, (_, i) => [
        ...fieldJet({ inFeatures: 2, layers }, parameters, [...coords.subarray(2 * i, 2 * i + 2)]).value,
      ]).flat();
      expectCloseInNorm(drawn, exact, FIELD_VALUE, kind);
      expectCloseInNorm(drawn, await field.evaluate(tensor2d(coords, [20, 2])).data(), FIELD_VALUE, kind);
    },
  );
});

describe('decodeRenderField', () => {
  const picture = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 16, hiddenLayers: 1 });

  it('draws a file, in slices too, and reports its progress', async () => {
    const field = createField(picture, { seed: 1 });
    const drawn = decodeRenderField(await encodeField(field));
    const coords = points(20_001);
    const values = drawn.evaluate(coords);
    const seen: number[] = [];
    const sliced = await drawn.evaluateAsync(coords, { onProgress: done => seen.push(done) });
    expect(sliced).toEqual(values);
    expect(seen.at(-1)).toBe(20_001);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expectCloseInNorm(values, await field.evaluate(tensor2d(coords, [20_001, 2])).data(), FIELD_VALUE, 'value');
  });

  it('works with running averages of batch normalisation', async () => {
    const dense = (outFeatures: number) => ({
      kind: 'dense',
      outFeatures,
      activation: { kind: 'tanh' },
      weightInitialiser: { kind: 'xavier-normal' },
      biasInitialiser: { kind: 'zeros' },
    });
    const spec = parseSpec({ inFeatures: 2, layers: [dense(4), { kind: 'batch-norm' }, dense(1)] });
    const field = createField(spec, { seed: 1 });
    const coords = points(7);
    const expected = await field.evaluate(tensor2d(coords, [7, 2])).data();
    expectCloseInNorm(createRenderField(await readField(field)).evaluate(coords), expected, FIELD_VALUE, 'value');
  });

  it('can be stopped', async () => {
    const drawn = createRenderField(await readField(createField(picture, { seed: 1 })));
    const stopped = drawn.evaluateAsync(points(10), { signal: AbortSignal.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('seen enough'));
    await expect(drawn.evaluateAsync(points(200_000), { signal: controller.signal, onProgress })).rejects.toThrow(
      'seen enough',
    );
  });

  it('refuses what does not fit, and what is written in tensors', async () => {
    const drawn = createRenderField(await readField(createField(picture, { seed: 1 })));
    expect(drawn.evaluate(new Float32Array(0))).toEqual(new Float32Array(0));
    expect(() => drawn.evaluate(new Float32Array(3))).toThrow(/^render: coords must be \[n, 2\], got 3 values/);
    expect(() => drawn.evaluate([0, 0] as never)).toThrow(
      /^render: coords must be a Float32Array \[n, 2\], got object/,
    );
    expect(() => createRenderField({ spec: picture, parameters: new Map() })).toThrow(
      /^render: 'layers.0.weight' must have 32 values, got none/,
    );
    const doubled: LayerDefinition = {
      kind: 'doubled',
      apply: input => custom([input], { outFeatures: input.features, rule: ({ inputs }) => inputs[0]! }),
    };
    const extensions = { layers: [doubled] };
    const spec = parseSpec({ inFeatures: 1, layers: [{ kind: 'doubled' }] }, extensions);
    expect(() => createRenderField({ spec, parameters: new Map() }, extensions)).toThrow(
      /custom rule in TensorFlow.js/,
    );
  });
});
