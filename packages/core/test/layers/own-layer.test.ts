import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm } from '@neural-fields/testing';
import { add, concat, engine, mul, scalar, setBackend, square, sum, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField, decodeField, encodeField, type Field, type LayerDefinition, mlp, quadraticForms } from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

/** h -> (h, c h^2) with a learned c: a layer that somebody outside wrote, with nothing but its rule. */
const powers: LayerDefinition = {
  kind: 'powers',
  outFeatures: (_, inFeatures) => 2 * inFeatures,
  parameters: () => [{ name: 'c', shape: [], initialise: () => new Float32Array([0.5]) }],
  jet({ value, first, second }, { parameters, forms }) {
    const c = parameters['c'] as Tensor;
    const twice = mul(mul(value, c), 2);
    const curvature = first && forms && mul(mul(quadraticForms(first, forms), c), 2);
    return {
      value: concat([value, mul(square(value), c)], 1),
      ...(first && { first: concat([add(first, mul(twice, 0)), mul(twice, first)], 2) }),
      ...(curvature && {
        second: concat(
          [mul(curvature, 0), second ? add(mul(twice, second), curvature) : curvature].map(x => add(x, mul(twice, 0))),
          2,
        ),
      }),
    } as ReturnType<LayerDefinition['jet']>;
  },
};

const extensions = { layers: [powers] };

const newField = (): Field =>
  createField(
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

describe('a layer of the user', () => {
  it('takes part in jets and in their reverse pass', async () => {
    const field = newField();
    expect(Object.keys(field.parameters)[0]).toBe('layers.0.c');
    const point = [0.3, -0.6];
    const jet = field.jet(tensor2d([point]), { gradient: true, laplacian: true });
    const [w0, b0, w1] = await Promise.all(
      ['layers.1.weight', 'layers.1.bias', 'layers.2.weight'].map(name => (field.parameters[name] as Tensor).data()),
    );
    /** The same field in float64. */
    const value = (x: number, y: number, c = 0.5): number =>
      Array.from({ length: 6 }, (_, j) => {
        const h = [x, y, c * x * x, c * y * y];
        const z = h.reduce((total, feature, i) => total + feature * (w0?.[i * 6 + j] as number), b0?.[j] as number);
        return Math.sin(2 * z) * (w1?.[j] as number);
      }).reduce((a, b) => a + b);
    const [x, y] = point as [number, number];
    const e = 1e-4;
    const gradient = [(value(x + e, y) - value(x - e, y)) / (2 * e), (value(x, y + e) - value(x, y - e)) / (2 * e)];
    const laplacian = (value(x + e, y) + value(x - e, y) + value(x, y + e) + value(x, y - e) - 4 * value(x, y)) / (e * e);
    expectCloseInNorm(await jet.gradient.data(), gradient, { relative: 1e-5 });
    expectCloseInNorm(await jet.laplacian.data(), [laplacian], { relative: 1e-4 });
    const c = field.parameters['layers.0.c'] as Tensor;
    const { grads } = engine().gradients(
      () => sum(field.jet(tensor2d([point]), { laplacian: true }).laplacian),
      [c],
      scalar(1),
      false,
    );
    const at = (k: number): number =>
      (value(x + e, y, k) + value(x - e, y, k) + value(x, y + e, k) + value(x, y - e, k) - 4 * value(x, y, k)) / (e * e);
    expectCloseInNorm(await (grads[0] as Tensor).data(), [(at(0.501) - at(0.499)) / 0.002], { relative: 1e-3 });
  });

  it('is named in files, and asked for when it is missing', async () => {
    const bytes = await encodeField(newField());
    expect(decodeField(bytes, extensions).parameterCount).toBe(newField().parameterCount);
    expect(() => decodeField(bytes)).toThrow("unknown layer 'powers'; known are dense");
  });
});
