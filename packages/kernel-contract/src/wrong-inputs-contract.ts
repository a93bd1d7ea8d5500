/** @file What the kernels of any backend must refuse: inputs that are not as long as the work that they are asked for. */
import type { FieldJetNetwork, FieldLoss } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { cast, engine, memory, type NamedAttrMap, type NamedTensorMap, ones, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const network: FieldJetNetwork = {
  inFeatures: 2,
  layers: [
    { inFeatures: 2, outFeatures: 3, hasBias: true, activation: { kind: 'tanh', parameters: {}, learnable: [] } },
    { inFeatures: 3, outFeatures: 2, hasBias: true, activation: { kind: 'identity', parameters: {}, learnable: [] } },
  ],
  order: 1,
};
const behindEncoding: FieldJetNetwork = { ...network, encodedFeatures: 2 };
const loss: FieldLoss = {
  network,
  blocks: [{ factor: 1, target: { index: 0, column: 0 } }, { factor: 0 }, { factor: 0 }],
  penalty: squared,
  weight: 1,
  lossScale: 1,
  gradientScale: 1,
};

const PARAMETERS = [[2, 3], [3], [3, 2], [2]];
const POINTS = 5;
const UPSTREAM = [
  [POINTS, 2],
  [2, POINTS, 2],
];
const ENCODING = [
  [POINTS, 2],
  [2, POINTS, 2],
];

interface Call {
  readonly kernel: string;
  readonly attributes: object;
  readonly shapes: readonly (readonly number[])[];
  /** The names of the inputs, where they are no list. */
  readonly names?: readonly string[];
  readonly anyPoints?: boolean;
}

const adamAttributes = { beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0, stepSize: 1, secondCorrection: 1 };
const calls: Readonly<Record<string, Call>> = {
  'the field jet': {
    kernel: 'NeuralFieldsFieldJet',
    attributes: network,
    shapes: [[POINTS, 2], ...PARAMETERS],
    anyPoints: true,
  },
  'the field jet behind an encoding': {
    kernel: 'NeuralFieldsFieldJet',
    attributes: behindEncoding,
    shapes: [...ENCODING, ...PARAMETERS],
  },
  'its reverse': {
    kernel: 'NeuralFieldsFieldJetReverse',
    attributes: network,
    shapes: [[POINTS, 2], ...PARAMETERS, ...UPSTREAM],
  },
  'the loss': {
    kernel: 'NeuralFieldsFieldLoss',
    attributes: loss,
    shapes: [[POINTS, 2], [2 * 3 + 3 + 3 * 2 + 2], [POINTS, 2], [POINTS, 1]],
  },
  'the update of Adam': {
    kernel: 'NeuralFieldsAdamUpdate',
    attributes: adamAttributes,
    shapes: [[7], [7], [7], [7]],
    names: ['parameters', 'gradient', 'first', 'second'],
  },
};

const run = ({ kernel, attributes, names }: Call, tensors: readonly Tensor[]): Tensor[] => {
  const inputs = names ? Object.fromEntries(tensors.map((tensor, index) => [names[index], tensor])) : tensors;
  const outputs = engine().runKernel(kernel, inputs as NamedTensorMap, attributes as NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
};

const tensorsOf = (shapes: readonly (readonly number[])[]): Tensor[] => shapes.map(shape => ones([...shape]));

/** Registers the tests. The backend must be the present one, with all kernels of core. */
export const wrongInputsContract = (): void => {
  it.each(Object.keys(calls))('%s takes inputs that fit, and refuses each that does not', name => {
    const call = calls[name] as Call;
    const { shapes } = call;
    const right = tensorsOf(shapes);
    const before = memory().numTensors;
    for (const output of run(call, right)) output.dispose();
    for (const index of shapes.keys()) {
      for (const [axis, length] of (shapes[index] as readonly number[]).entries()) {
        // Any number of points will do where nothing else depends on it.
        if (axis === 0 && index === 0 && call.anyPoints) continue;
        const shape = (shapes[index] as readonly number[]).with(axis, length - 1);
        const wrong = ones(shape);
        expect(() => run(call, right.with(index, wrong)), `input ${index}: [${shape}]`).toThrow(RangeError);
        wrong.dispose();
      }
      const integers = cast(right[index] as Tensor, 'int32');
      expect(() => run(call, right.with(index, integers)), `input ${index}: int32`).toThrow(TypeError);
      integers.dispose();
    }
    if (!call.names) expect(() => run(call, right.slice(0, -1))).toThrow(RangeError);
    expect(memory().numTensors).toBe(before);
    for (const tensor of right) tensor.dispose();
  });

  it.each([
    [
      'columns that a target does not have',
      { blocks: [{ factor: 1, target: { index: 0, column: 1 } }, ...loss.blocks.slice(1)] },
    ],
    ['a target that is not there', { blocks: [{ factor: 1, target: { index: 5, column: 0 } }, ...loss.blocks.slice(1)] }],
    ['a weight that is not there', { weight: 2 }],
    ['too few blocks', { blocks: loss.blocks.slice(1) }],
    ['layers that do not follow on each other', { network: { ...network, layers: network.layers.toReversed() } }],
  ])('the loss refuses %s', (_, change) => {
    const call = calls['the loss'] as Call;
    const tensors = tensorsOf(call.shapes);
    expect(() => run({ ...call, attributes: { ...loss, ...change } }, tensors)).toThrow(RangeError);
    for (const tensor of tensors) tensor.dispose();
  });
};
