import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm } from '@neural-fields/testing';
import {
  add as addTensors,
  concat as concatTensors,
  engine,
  mul,
  scalar,
  setBackend,
  square,
  sum,
  type Tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField, decodeField, encodeField, type Field, mlp } from '../../src/index.ts';
import {
  columns,
  concat,
  constantFeatures,
  custom,
  type LayerDefinition,
  type LayerJet,
  product,
  quadraticForms,
} from '../../src/layers.ts';

beforeAll(() => setBackend('cpu'));

const c = { shape: [1], initialise: () => new Float32Array([0.5]) };

/** h -> (h, c h^2) with a learned c: a custom layer made of signal functions alone. */
const powers: LayerDefinition = {
  kind: 'powers',
  apply(input, { parameter }) {
    const factor = columns(constantFeatures(input, parameter('c', c)), new Array(input.features).fill(0));
    return concat([input, product(factor, product(input, input))]);
  },
};

/** The same with the chain rule written out, in tfjs ops. */
const powersByHand: LayerDefinition = {
  kind: 'powers',
  apply(input, { parameter }) {
    return custom([input], {
      outFeatures: 2 * input.features,
      arrays: [parameter('c', c)],
      rule({ inputs, arrays, shape: { forms } }) {
        const [{ value, first, second }, factor] = [inputs[0] as LayerJet, arrays[0] as Tensor];
        const twice = mul(mul(value, factor), 2);
        const curvature = first && forms && mul(mul(quadraticForms(first, forms), factor), 2);
        return {
          value: concatTensors([value, mul(square(value), factor)], 1),
          ...(first && { first: concatTensors([addTensors(first, mul(twice, 0)), mul(twice, first)], 2) }),
          ...(curvature && {
            second: concatTensors(
              [
                addTensors(second ?? mul(curvature, 0), mul(twice, 0)),
                addTensors(second ? addTensors(mul(twice, second), curvature) : curvature, mul(twice, 0)),
              ],
              2,
            ),
          }),
        } as LayerJet;
      },
    });
  },
};

const newField = (layer: LayerDefinition): Field => {
  const extensions = { layers: [layer] };
  return createField(
    mlp({
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: 6,
      hiddenLayers: 0,
      activation: { kind: 'sine', omega: 2 },
      encoding: { kind: 'powers' },
      extensions,
    }),
    { seed: 2, extensions },
  );
};

describe.each([
  ['of the functions of signals', powers],
  ['with a rule of its own', powersByHand],
])('a custom layer, %s,', (_, layer) => {
  it('supports jets and their backward pass', async () => {
    const field = newField(layer);
    expect(field.layout.names()[0]).toBe('layers.0.c');
    const point = [0.3, -0.6];
    const jet = field.jet(tensor2d([point]), { gradient: true, laplacian: true });
    const [w0, b0, w1] = await Promise.all(
      ['layers.1.weight', 'layers.1.bias', 'layers.2.weight'].map(name => (field.parameters[name] as Tensor).data()),
    );
    /** The same field in float64. */
    const value = (x: number, y: number, factor = 0.5): number =>
      Array.from({ length: 6 }, (_, j) => {
        const h = [x, y, factor * x * x, factor * y * y];
        const z = h.reduce((total, feature, i) => total + feature * (w0?.[i * 6 + j] as number), b0?.[j] as number);
        return Math.sin(2 * z) * (w1?.[j] as number);
      }).reduce((a, b) => a + b);
    const [x, y] = point as [number, number];
    const e = 1e-4;
    const gradient = [(value(x + e, y) - value(x - e, y)) / (2 * e), (value(x, y + e) - value(x, y - e)) / (2 * e)];
    const laplacian =
      (value(x + e, y) + value(x - e, y) + value(x, y + e) + value(x, y - e) - 4 * value(x, y)) / (e * e);
    expectCloseInNorm(await jet.gradient.data(), gradient, { relative: 1e-5 });
    expectCloseInNorm(await jet.laplacian.data(), [laplacian], { relative: 1e-4 });
    const factor = field.parameters['layers.0.c'] as Tensor;
    const { grads } = engine().gradients(
      () => sum(field.jet(tensor2d([point]), { laplacian: true }).laplacian),
      [factor],
      scalar(1),
      false,
    );
    const at = (k: number): number =>
      (value(x + e, y, k) + value(x - e, y, k) + value(x, y + e, k) + value(x, y - e, k) - 4 * value(x, y, k)) /
      (e * e);
    expectCloseInNorm(await (grads[0] as Tensor).data(), [(at(0.501) - at(0.499)) / 0.002], { relative: 1e-3 });
  });

  it('is named in files, and reported when it is missing', async () => {
    const bytes = await encodeField(newField(layer));
    expect(decodeField(bytes, { layers: [layer] }).parameterCount).toBe(newField(layer).parameterCount);
    expect(() => decodeField(bytes)).toThrow("unknown layer 'powers'; known: dense");
  });
});
