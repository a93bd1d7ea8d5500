import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { type ActivationSpec, createField } from '@neural-fields/core';
import { ready, setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { networkExtensions as extensions } from '../src/index.ts';

const points = [-30, -3, -1, -0.125, 0, 0.125, 1, 3, 30, 100];

/** s, s' and s'' at the points, by a field of one unit. */
const jetOf = async (activation: ActivationSpec): Promise<readonly (readonly number[])[]> => {
  const spec = {
    inFeatures: 1,
    layers: [
      {
        kind: 'dense' as const,
        outFeatures: 1,
        activation,
        weightInitialiser: { kind: 'xavier-normal' as const },
        biasInitialiser: null,
      },
    ],
  };
  const parameters = { 'layers.0.weight': Float32Array.of(1) };
  const field = createField(spec, { parameters, extensions });
  const { value, gradient, laplacian } = field.jet(tensor2d(points, [points.length, 1]), {
    gradient: true,
    laplacian: true,
  });
  const read = async (tensor: Tensor): Promise<number[]> => [...(await tensor.data())];
  return Promise.all([value, gradient, laplacian].map(read));
};

/** s, s' and s'' of `slope` x for x > 0, `slope` `a` (exp(x) - 1) for x <= 0, in float64. */
const expected = (slope: number, a: number): number[][] => [
  points.map(x => slope * (x > 0 ? x : a * Math.expm1(x))),
  points.map(x => slope * (x > 0 ? 1 : a * Math.exp(x))),
  points.map(x => slope * (x > 0 ? 0 : a * Math.exp(x))),
];

describe.each(['cpu', 'simd'])('on %s', backend => {
  it.each<[ActivationSpec, number, number]>([
    [{ kind: 'elu' }, 1, 1],
    [{ kind: 'elu', a: 0.5 }, 1, 0.5],
    [{ kind: 'selu' }, 1.0507009873554805, 1.6732632423543772],
  ])('%j has the value and the derivatives of its paper, from below at 0', async (activation, slope, a) => {
    await setBackend(backend);
    await ready();
    const found = await jetOf(activation);
    for (const [order, wanted] of expected(slope, a).entries())
      for (const [i, value] of wanted.entries())
        expect(Math.abs((found[order]?.[i] as number) - value)).toBeLessThan(2e-7 * (1 + Math.abs(value)));
  });
});
