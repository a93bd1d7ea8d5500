import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm } from '@neural-fields/testing';
import {
  addN,
  exp,
  mul,
  type Scalar,
  setBackend,
  square,
  sum,
  type Tensor,
  tensor2d,
  variableGrads,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField, createFieldBatch, type Field, mlp, parseSpec, readField } from '../../src/index.ts';
import { type LayerDefinition, linear } from '../../src/layers.ts';
import { createRenderField } from '../../src/render.ts';
import { networkOf } from '../../src/spec/network.ts';
import { tangentNetworkOf } from '../../src/tangent/tangent-network.ts';

const START = [0.1, -0.3, 0.5, 0.2];
const shape = [2, 2];

/** h -> h exp(L)^2 with learned L: a computed array, and one computed from it. */
const computing: LayerDefinition = {
  kind: 'positive',
  apply(input, { parameter, computed }) {
    const logarithms = parameter('logarithms', { shape, initialise: () => Float32Array.from(START) });
    const roots = computed(shape, [logarithms], ([given]) => exp(given as Tensor));
    return linear(
      input,
      computed(shape, [roots], ([given]) => square(given as Tensor)),
    );
  },
};

/** h -> h W. */
const plain: LayerDefinition = {
  kind: 'positive',
  apply: (input, { parameter }) =>
    linear(input, parameter('weight', { shape, initialise: () => Float32Array.from(START, l => Math.exp(2 * l)) })),
};

const size = {
  inFeatures: 2,
  outFeatures: 1,
  hiddenFeatures: 8,
  hiddenLayers: 1,
  activation: { kind: 'sine', omega: 2 },
};
const specOf = (layer: LayerDefinition): ReturnType<typeof mlp> =>
  mlp({ ...size, encoding: { kind: 'positive' }, extensions: { layers: [layer] } });
const fieldOf = (layer: LayerDefinition): Field =>
  createField(specOf(layer), { seed: 3, extensions: { layers: [layer] } });

const coords = (): ReturnType<typeof tensor2d> =>
  tensor2d([
    [0.1, -0.4],
    [0.7, 0.2],
    [-0.9, 0.5],
  ]);
const REQUEST = { gradient: true, laplacian: true } as const;

/** The gradients of a loss on the jet by parameter. */
const gradientsOf = (field: Field): Record<string, Tensor> =>
  variableGrads(() => {
    const { value, gradient, laplacian } = field.jet(coords(), REQUEST);
    return addN([value, gradient, laplacian].map(part => sum(square(part)))) as Scalar;
  }).grads;

beforeAll(() => setBackend('cpu'));

describe('arrays computed from parameters', () => {
  it('are used like parameters, and gradients flow through them', async () => {
    const [field, reference] = [fieldOf(computing), fieldOf(plain)];
    const [found, wanted] = [field.jet(coords(), REQUEST), reference.jet(coords(), REQUEST)];
    for (const part of ['value', 'gradient', 'laplacian'] as const)
      expectCloseInNorm(await found[part].data(), [...(await wanted[part].data())], { relative: 1e-5 }, part);
    const [own, theirs] = [gradientsOf(field), gradientsOf(reference)].map(Object.values) as [Tensor[], Tensor[]];
    for (const [i, grad] of own.entries()) {
      // dW = 2 exp(2 L) dL
      const expected =
        i === 0 ? mul(theirs[0] as Tensor, mul(2, reference.parameters['layers.0.weight'] as Tensor)) : theirs[i];
      expectCloseInNorm(await grad.data(), [...(await (expected as Tensor).data())], { relative: 1e-4 });
    }
  });
});

it('computed arrays are no parameters of the layout, and have none of their own in a batch of fields', async () => {
  const extensions = { layers: [computing] };
  const field = fieldOf(computing);
  expect(field.layout.entries.filter(({ layer }) => layer === 'layers.0').map(({ role }) => role)).toEqual([
    'logarithms',
  ]);
  const batch = createFieldBatch(specOf(computing), { count: 2, seed: 3, extensions });
  expect(batch.evaluate(coords()).shape).toEqual([2, 3, 1]);
  const spec = parseSpec(field.spec, extensions);
  expect(() => tangentNetworkOf(networkOf(spec, extensions))).toThrow('tangent: a layer computes an array');
  expect(() => createRenderField({ spec, parameters: new Map() }, extensions)).toThrow(
    'render: a layer computes an array',
  );
  expect([...(await readField(field)).parameters.keys()]).toEqual(field.layout.names());
});
