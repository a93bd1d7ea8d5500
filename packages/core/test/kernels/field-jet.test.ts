import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  engine,
  type KernelFunc,
  matMul,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ActivationDefinition,
  type ActivationSpec,
  coreActivations,
  createField,
  type FieldJetNetwork,
  type FieldSpec,
  parseSpec,
  registerFieldJetKernel,
} from '../../src/index.ts';

/** A backend whose field jet takes one linear layer without bias: x W. */
const BACKEND = 'linear-field-jet';
const seen: FieldJetNetwork[] = [];

const forward: KernelFunc = ({ inputs }) => {
  const [x, weight] = inputs as object as [Tensor2D, Tensor2D];
  return [matMul(x, weight)];
};

const reverse: KernelFunc = ({ inputs }) => {
  const [x, weight, g] = inputs as object as [Tensor2D, Tensor2D, Tensor2D];
  return [matMul(g, weight, false, true), matMul(x, g, true, false)];
};

const linear = (activation: ActivationSpec, bias: boolean): FieldSpec => ({
  inFeatures: 2,
  layers: [
    {
      kind: 'dense',
      outFeatures: 3,
      activation,
      weightInitialiser: { kind: 'pytorch-linear' },
      biasInitialiser: bias ? { kind: 'pytorch-linear' } : null,
    } as FieldSpec['layers'][number],
  ],
});

const kernelsOf = async (work: () => Tensor): Promise<string[]> => (await engine().profile(work)).kernelNames;

beforeAll(() => {
  registerBackend(BACKEND, () => new MathBackendCPU());
  copyRegisteredKernels('cpu', BACKEND);
  registerFieldJetKernel({
    backendName: BACKEND,
    supports(network) {
      seen.push(network);
      return network.order === 0 && network.layers.every(({ hasBias, activation }) => !hasBias && activation.kind === 'identity');
    },
    forward,
    reverse,
  });
});
beforeEach(async () => {
  await setBackend(BACKEND);
  seen.length = 0;
});
afterAll(() => removeBackend(BACKEND));

describe("a backend's field jet", () => {
  const x = (): Tensor2D =>
    tensor2d([
      [1, 2],
      [3, 5],
    ]);

  it('takes what it supports, and its reverse is the gradient', async () => {
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
    const field = createField(parseSpec(linear({ kind: 'identity' }, false)), { parameters: { 'layers.0.weight': weight } });
    expect(await kernelsOf(() => field.evaluate(x()))).toContain('NeuralFieldsFieldJet');
    expect(Array.from(await field.evaluate(x()).data())).toEqual([9, 12, 15, 23, 31, 39]);
    const { grads } = engine().gradients(
      () => sum(field.evaluate(x())),
      [field.parameters['layers.0.weight'] as Tensor],
      scalar(1),
      false,
    );
    expect(Array.from(await (grads[0] as Tensor).data())).toEqual([4, 4, 4, 7, 7, 7]);
    expect(seen[0]?.layers).toEqual([
      { inFeatures: 2, outFeatures: 3, hasBias: false, activation: { kind: 'identity', parameters: {}, learnable: [] } },
    ]);
  });

  it('is passed over where it declines', async () => {
    const field = createField(parseSpec(linear({ kind: 'identity' }, true)), { seed: 1 });
    expect(await kernelsOf(() => field.evaluate(x()))).not.toContain('NeuralFieldsFieldJet');
    const withoutBias = createField(parseSpec(linear({ kind: 'identity' }, false)), { seed: 1 });
    expect(await kernelsOf(() => withoutBias.jet(x(), { gradient: true }).gradient)).not.toContain('NeuralFieldsFieldJet');
    expect(seen.map(({ order }) => order)).toEqual([0, 1]);
  });

  it("is not offered a user's activation, even one with the name of a core one", async () => {
    const identity = coreActivations.find(({ kind }) => kind === 'identity') as ActivationDefinition;
    const extensions = { activations: [{ ...identity }] };
    const field = createField(parseSpec(linear({ kind: 'identity' }, false), extensions), { seed: 1, extensions });
    expect(await kernelsOf(() => field.evaluate(x()))).not.toContain('NeuralFieldsFieldJet');
    expect(seen).toEqual([]);
  });

  it('is told the values of parameters, and which are learned', () => {
    const field = createField(parseSpec(linear({ kind: 'super-gaussian', a: 2, learnable: ['b'] }, true)), { seed: 1 });
    field.evaluate(x());
    expect(seen[0]?.layers[0]?.activation).toEqual({
      kind: 'super-gaussian',
      parameters: { a: 2, b: 1 },
      learnable: ['b'],
    });
  });
});
