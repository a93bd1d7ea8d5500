/**
 * @file What the inputs of kernels must be. A backend's kernel reads and writes memory by the lengths that it is told, so every kernel goes
 * through these checks, whoever calls it.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelLoss } from './backend.ts';
import { blockCount, inputTensorShapes, jetTensorShapes, type KernelProgram } from './kernel-program.ts';

const describe = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`;

/** @throws RangeError when a tensor is missing or has another shape, TypeError when it does not hold float32 */
export const assertTensor = (what: string, tensor: TensorInfo | undefined, wanted: readonly number[]): void => {
  if (tensor === undefined) throw new RangeError(`${what} must be ${describe(wanted)}, got none`);
  const { shape, dtype } = tensor;
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${what} must be ${describe(wanted)}, got ${describe(shape)}`);
  if (dtype !== 'float32') throw new TypeError(`${what} must be float32, got ${dtype}`);
};

const assertAll = (what: string, tensors: readonly TensorInfo[], shapes: readonly (readonly number[])[]): void => {
  if (tensors.length !== shapes.length) throw new RangeError(`${what}: must be ${shapes.length} tensors, got ${tensors.length}`);
  for (const [index, shape] of shapes.entries()) assertTensor(`${what} ${index}`, tensors[index], shape);
};

/** The number of points, from the first input. @throws RangeError when there are none */
const pointsOf = ([first]: readonly TensorInfo[]): number => {
  const points = first?.shape[0] ?? 0;
  if (points < 1) throw new RangeError(`field program: must have at least one point, got ${points}`);
  return points;
};

/**
 * @param upstream the derivatives with respect to the outputs, for the reverse
 * @throws RangeError, TypeError when the tensors are not those of the program
 */
export const assertProgramInputs = (
  program: KernelProgram,
  inputs: readonly TensorInfo[],
  parameters: TensorInfo | undefined,
  upstream?: readonly TensorInfo[],
): void => {
  const n = pointsOf(inputs);
  assertAll('field program: input', inputs, inputTensorShapes(program, n));
  assertTensor('field program: the parameters', parameters, [program.parameterCount]);
  if (upstream)
    assertAll('field program: derivative of output', upstream, jetTensorShapes(program.shape, n, program.outFeatures));
};

/** @throws RangeError when a block or the weight of a loss asks for what no target has */
export const assertLoss = ({ shape, outFeatures: o }: KernelProgram, { blocks, weight, targetWidths }: KernelLoss): void => {
  const wanted = blockCount(shape);
  if (blocks.length !== wanted) throw new RangeError(`field loss: must have ${wanted} blocks, got ${blocks.length}`);
  for (const [index, { target }] of blocks.entries())
    if (target && !(target.column >= 0 && target.column + o <= (targetWidths[target.index] ?? 0)))
      throw new RangeError(`field loss: target ${target.index} must have the columns ${target.column} ... of block ${index}`);
  if (weight !== undefined && ![1, o].includes(targetWidths[weight] ?? 0))
    throw new RangeError(`field loss: the weight must have 1 or ${o} columns, got ${targetWidths[weight] ?? 'none'}`);
};

/** @throws RangeError, TypeError when the tensors are not those of the program and its loss */
export const assertLossInputs = (
  program: KernelProgram,
  { targetWidths }: KernelLoss,
  {
    inputs,
    parameters,
    targets,
  }: {
    readonly inputs: readonly TensorInfo[];
    readonly parameters: TensorInfo | undefined;
    readonly targets: readonly TensorInfo[];
  },
): void => {
  assertProgramInputs(program, inputs, parameters);
  const n = pointsOf(inputs);
  assertAll(
    'field loss: target',
    targets,
    targetWidths.map(width => [n, width]),
  );
};

/** @throws RangeError, TypeError when the vectors of an update are not all `f32[P]` */
export const assertAdamInputs = (vectors: Readonly<Record<string, TensorInfo | undefined>>): void => {
  const size = vectors['parameters']?.shape[0] ?? 0;
  for (const name of ['parameters', 'gradient', 'first', 'second']) assertTensor(`adam update: ${name}`, vectors[name], [size]);
};
