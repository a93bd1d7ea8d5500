import {
  adam,
  createField,
  type FieldSpec,
  fit,
  mlp,
  type PointLoss,
  type PointSource,
  siren,
  term,
} from '@neural-fields/core';
import type { ActivationDefinition } from '@neural-fields/core/layers';
import {
  add,
  conv2d,
  grads,
  mul,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tanh,
  tensor4d,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useSimd } from './simd-backend.ts';

const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 700,
  fixed: false,
  draw: (_start, count, rng) => ({
    coords: Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1),
    targets: { value: Float32Array.from({ length: count }, () => rng.normal()) },
  }),
};

const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 48, hiddenLayers: 2 };

/** tanh under another name and without a formula, which the fused kernels do not support. */
const unfused: ActivationDefinition = {
  kind: 'unfused',
  parameters: {},
  derivatives(x, _parameters, order) {
    const t = tanh(x);
    const first = sub(1, square(t));
    const second = mul(mul(t, first), -2);
    return [t, first, second, mul(first, sub(4, mul(first, 6)))].slice(0, order + 1);
  },
};
const extensions = { activations: [unfused] };

/** All parameters after a few steps on the values and the Laplacian. */
const learn = async (spec: FieldSpec): Promise<number[]> => {
  const field = createField(spec, { seed: 7, extensions });
  const loss: PointLoss<{ laplacian: true }> = ({ value, laplacian }, { targets }) =>
    add(squaredDifference(value, targets['value'] as Tensor), mul(squaredDifference(laplacian, 1), 1e-3));
  const task = term({ points, derivatives: { laplacian: true }, loss });
  for await (const _ of fit(field, [task], { steps: 5, seed: 3, optimizer: adam({ learningRate: 1e-3 }) }));
  const values = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  return values.flatMap(part => [...part]);
};

const works: Readonly<Record<string, () => Promise<number[]>>> = {
  'a fit with the fused kernels': () => learn(siren({ ...size, omega0: 10 })),
  'a fit in ordinary ops': () => learn(mlp({ ...size, activation: { kind: 'unfused' }, extensions })),
  'a convolution and its gradients': async () => {
    const values = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(1.3 * i));
    const [images, filter] = [
      tensor4d(values(30 * 31 * 8), [1, 30, 31, 8]),
      tensor4d(values(9 * 8 * 16), [3, 3, 8, 16]),
    ];
    const convolve = (x: Tensor, w: Tensor): Tensor => conv2d(x as Tensor4D, w as Tensor4D, 1, 'same');
    const gradients = grads((x, w) => sum(square(convolve(x as Tensor, w as Tensor))))([images, filter]);
    const results = await Promise.all([convolve(images, filter), ...gradients].map(result => result.data()));
    return results.flatMap(part => [...part]);
  },
};

describe.each([1, 2, 3])('on %i threads', threads => {
  it.each(Object.keys(works))('%s gives the same bits each time', async name => {
    const work = works[name] as () => Promise<number[]>;
    await useSimd({ threads });
    const first = await work();
    expect(first.every(Number.isFinite)).toBe(true);
    expect(await work()).toEqual(first);
    // New threads, which are still starting during the first jobs.
    await useSimd({ threads });
    expect(await work()).toEqual(first);
  });
});
