/**
 * @file The contract for wrong inputs: the kernels of any backend reject inputs of the wrong shape or type.
 */

import { squared } from '@neural-fields/core/elementwise';
import {
  blockCount,
  type CompiledLoss,
  type CompiledProgram,
  fieldBackend,
  type KernelLoss,
  type KernelProgram,
  type Operation,
  PROGRAM_KERNELS,
} from '@neural-fields/core/kernels';
import { coreActivations } from '@neural-fields/core/layers';
import { cast, engine, memory, type NamedAttrMap, type NamedTensorMap, ones, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const tanh = coreActivations.find(({ kind }) => kind === 'tanh') as (typeof coreActivations)[number];

const PARAMETER_COUNT = 2 * 3 + 3 + 3 * 2 + 2;

/** tanh(x W + b) V + c. */
const operations: readonly Operation[] = [
  {
    kind: 'linear',
    inputs: [0],
    outFeatures: 3,
    weight: { kind: 'parameter', index: 0, offset: 0, shape: [2, 3] },
    bias: { kind: 'parameter', index: 1, offset: 6, shape: [3] },
    activation: { definition: tanh, parameters: [] },
  },
  {
    kind: 'linear',
    inputs: [1],
    outFeatures: 2,
    weight: { kind: 'parameter', index: 2, offset: 9, shape: [3, 2] },
    bias: { kind: 'parameter', index: 3, offset: 15, shape: [2] },
  },
];
const program: KernelProgram = {
  shape: { inFeatures: 2, order: 1 },
  inputs: [{ kind: 'coords', features: 2 }],
  operations,
  outFeatures: 2,
  parameterCount: PARAMETER_COUNT,
};
const afterEncoding: KernelProgram = { ...program, inputs: [{ kind: 'jet', features: 2 }] };

const compiled = (of: KernelProgram): { readonly program: KernelProgram; readonly compiled: CompiledProgram } => {
  const { backend, backendName } = engine();
  return { program: of, compiled: fieldBackend(backendName)?.compile(of, backend) as CompiledProgram };
};

/** A loss with the right number of blocks; otherwise its compilation would fail. */
const compiledLoss = (): object => {
  const { backend, backendName } = engine();
  const loss: KernelLoss = {
    blocks: Array.from({ length: blockCount(program.shape) }, (_, block) =>
      block === 0 ? { factor: 1, target: { index: 0, column: 0 } } : { factor: 0 },
    ),
    penalty: squared,
    targetWidths: [2, 1],
    weight: 1,
  };
  const code = fieldBackend(backendName)?.compileLoss?.(program, loss, backend) as CompiledLoss;
  return { program, loss, compiled: code, scale: { loss: 1, gradient: 1 } };
};

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
  /** Created on the current backend. */
  readonly attributes: () => object;
  readonly shapes: readonly (readonly number[])[];
  /** The names of the inputs, if they are not a list. */
  readonly names?: readonly string[];
  readonly anyPoints?: boolean;
}

const adamAttributes = { beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0, stepSize: 1, secondCorrection: 1 };
const calls: Readonly<Record<string, Call>> = {
  'a program': {
    kernel: PROGRAM_KERNELS.forward,
    attributes: () => compiled(program),
    shapes: [[POINTS, 2], [PARAMETER_COUNT]],
    anyPoints: true,
  },
  'a program after an encoding': {
    kernel: PROGRAM_KERNELS.forward,
    attributes: () => compiled(afterEncoding),
    shapes: [...ENCODING, [PARAMETER_COUNT]],
  },
  'a backward pass': {
    kernel: PROGRAM_KERNELS.backward,
    attributes: () => compiled(program),
    shapes: [[POINTS, 2], [PARAMETER_COUNT], ...UPSTREAM],
  },
  'a loss': {
    kernel: PROGRAM_KERNELS.loss,
    attributes: compiledLoss,
    shapes: [[POINTS, 2], [PARAMETER_COUNT], [POINTS, 2], [POINTS, 1]],
  },
  'an Adam update': {
    kernel: 'NeuralFieldsAdamUpdate',
    attributes: () => adamAttributes,
    shapes: [[7], [7], [7], [7]],
    names: ['parameters', 'gradient', 'first', 'second'],
  },
};

const run = ({ kernel, attributes, names }: Call, tensors: readonly Tensor[]): Tensor[] => {
  const inputs = names ? Object.fromEntries(tensors.map((tensor, index) => [names[index], tensor])) : tensors;
  const outputs = engine().runKernel(kernel, inputs as NamedTensorMap, attributes() as NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
};

const tensorsOf = (shapes: readonly (readonly number[])[]): Tensor[] => shapes.map(shape => ones([...shape]));

/** Declares the tests. The backend must be current, with all kernels of core. */
export const wrongInputsContract = (): void => {
  it.each(Object.keys(calls))('%s accepts inputs that fit, and rejects each that does not', name => {
    const call = calls[name] as Call;
    const { shapes } = call;
    const right = tensorsOf(shapes);
    const before = memory().numTensors;
    for (const output of run(call, right)) output.dispose();
    for (const index of shapes.keys()) {
      for (const [axis, length] of (shapes[index] as readonly number[]).entries()) {
        // Any number of points is valid where nothing else depends on it.
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
};
