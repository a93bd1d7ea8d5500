/**
 * @file Validation of kernel inputs. A backend's kernel reads and writes memory by the lengths that it is given, so the
 *   inputs of every kernel call are checked here.
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
  if (tensors.length !== shapes.length)
    throw new RangeError(`${what}: must be ${shapes.length} tensors, got ${tensors.length}`);
  for (const [index, shape] of shapes.entries()) assertTensor(`${what} ${index}`, tensors[index], shape);
};

/**
 * The number of points (per field for a batch of fields), from the first input.
 *
 * @throws RangeError when there are none
 */
const pointsOf = ({ fields }: KernelProgram, [first]: readonly TensorInfo[]): number => {
  const points = first?.shape[fields !== undefined && first.shape.length === 3 ? 1 : 0] ?? 0;
  if (points < 1) throw new RangeError(`field program: must have at least one point, got ${points}`);
  return points;
};

/** Accepts a tensor with separate rows for each field, or one that all fields share. */
const assertOwnOrShared = (
  what: string,
  tensor: TensorInfo | undefined,
  { own, shared }: { readonly own: readonly number[]; readonly shared: readonly number[] },
): void => assertTensor(what, tensor, tensor?.shape.length === shared.length ? shared : own);

/**
 * @param upstream the derivatives with respect to the outputs, for the backward pass
 * @throws RangeError, TypeError when the tensors do not fit the program
 */
export const assertProgramInputs = (
  program: KernelProgram,
  inputs: readonly TensorInfo[],
  parameters: TensorInfo | undefined,
  upstream?: readonly TensorInfo[],
): void => {
  const n = pointsOf(program, inputs);
  const { fields, shape, outFeatures, parameterCount } = program;
  if (fields === undefined) assertAll('field program: input', inputs, inputTensorShapes(program, n));
  else {
    const own = [fields, n, shape.inFeatures];
    // The backward pass returns separate derivatives for each field.
    assertOwnOrShared('field program: the coordinates', inputs[0], { own, shared: upstream ? own : own.slice(1) });
  }
  assertTensor('field program: the parameters', parameters, [parameterCount]);
  const rows = (fields ?? 1) * n;
  if (upstream) assertAll('field program: derivative of output', upstream, jetTensorShapes(shape, rows, outFeatures));
};

/** @throws RangeError when a block or the weight of a loss refers to columns that no target has */
export const assertLoss = (
  { shape, outFeatures: o }: KernelProgram,
  { blocks, weight, targetWidths }: KernelLoss,
): void => {
  const wanted = blockCount(shape);
  if (blocks.length !== wanted) throw new RangeError(`field loss: must have ${wanted} blocks, got ${blocks.length}`);
  for (const [index, { target }] of blocks.entries())
    if (target && !(target.column >= 0 && target.column + o <= (targetWidths[target.index] ?? 0)))
      throw new RangeError(
        `field loss: target ${target.index} must have the columns ${target.column} ... of block ${index}`,
      );
  if (weight !== undefined && ![1, o].includes(targetWidths[weight] ?? 0))
    throw new RangeError(`field loss: the weight must have 1 or ${o} columns, got ${targetWidths[weight] ?? 'none'}`);
};

/** @throws RangeError, TypeError when the tensors do not fit the program and its loss */
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
  const n = pointsOf(program, inputs);
  const { fields } = program;
  if (targets.length !== targetWidths.length)
    throw new RangeError(`field loss: must be ${targetWidths.length} targets, got ${targets.length}`);
  for (const [index, width] of targetWidths.entries()) {
    const what = `field loss: target ${index}`;
    if (fields === undefined) assertTensor(what, targets[index], [n, width]);
    else assertOwnOrShared(what, targets[index], { own: [fields, n, width], shared: [n, width] });
  }
};

/** @throws RangeError, TypeError unless the vectors of an update are all `f32[P]` */
export const assertAdamInputs = (vectors: Readonly<Record<string, TensorInfo | undefined>>): void => {
  const size = vectors['parameters']?.shape[0] ?? 0;
  for (const name of ['parameters', 'gradient', 'first', 'second'])
    assertTensor(`adam update: ${name}`, vectors[name], [size]);
};

/**
 * @param matrices of `SoapUpdate`, with `fields` integers each
 * @throws RangeError, TypeError unless the vectors of an update have the lengths that its matrices need
 */
export const assertSoapInputs = (
  vectors: Readonly<Record<string, TensorInfo | undefined>>,
  matrices: readonly number[],
  fields: number,
): void => {
  const size = vectors['parameters']?.shape[0] ?? 0;
  for (const name of ['parameters', 'gradient', 'first', 'second'])
    assertTensor(`soap update: ${name}`, vectors[name], [size]);
  let [end, squares] = [0, 0];
  for (let at = 0; at < matrices.length; at += fields) {
    const one = matrices.slice(at, at + fields);
    const [start = 0, rows = 0, columns = 0, left = 0, right = 0] = one;
    const own = [[left, rows] as const, [right, columns] as const].filter(([from]) => from >= 0);
    squares += own.reduce((sum, [, side]) => sum + side * side, 0);
    const total = vectors['grams']?.shape[0] ?? 0;
    const isInside = start >= end && start + rows * columns <= size && rows > 0 && columns > 0;
    if (!(isInside && one.every(Number.isSafeInteger) && own.every(([from, side]) => from + side * side <= total)))
      throw new RangeError(`soap update: matrix ${at / fields} must be within the vectors, got ${describe(one)}`);
    end = start + rows * columns;
  }
  for (const name of ['grams', 'bases']) assertTensor(`soap update: ${name}`, vectors[name], [squares]);
};

/** @throws RangeError, TypeError unless the matrices of an update are all `f32[count, rows, columns]` */
export const assertMuonInputs = (matrices: Readonly<Record<string, TensorInfo | undefined>>): void => {
  const [count = 0, rows = 0, columns = 0] = matrices['parameters']?.shape ?? [];
  for (const name of ['parameters', 'gradient', 'first'])
    assertTensor(`muon update: ${name}`, matrices[name], [count, rows, columns]);
};
