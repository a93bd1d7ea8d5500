/** @file The copies between the tensors that tfjs hands over and the buffers of the kernels. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { Batch } from './batches.ts';
import { type FieldProgram, outFeaturesOf } from './field-program.ts';
import type { Stretch } from './regions.ts';

/**
 * The rows of a batch between tensors `[k][total][features]`, or those of one block, one after the other, and
 * `[blocks][count][features]`.
 */
const rowCopies = (
  tensors: readonly TensorInfo[],
  slot: string,
  features: number,
  { start, count, total }: Batch,
): Copy[] => {
  let block = 0;
  return tensors.flatMap(tensor =>
    Array.from({ length: sizeOf(tensor) / (total * features) }, (_, k): Copy => {
      const slotOffset = block * count * features;
      block += 1;
      return { tensor, tensorOffset: (k * total + start) * features, slot, slotOffset, length: count * features };
    }),
  );
};

const sizeOf = ({ shape }: TensorInfo): number => shape.reduce((product, length) => product * length, 1);

/** Whether all fields have the same rows in a tensor `[n, features]`, where there are many. */
export const isShared = ({ fields }: Pick<FieldProgram, 'fields'>, tensor: TensorInfo | undefined): boolean =>
  fields !== undefined && tensor?.shape.length === 2;

/** The rows of a batch of a tensor `[b, n, features]`, or `[n, features]`, which all fields may share. */
export const pointCopy = (
  program: FieldProgram,
  { tensor, slot, slotOffset, features }: { readonly features: number } & Pick<Copy, 'tensor' | 'slot' | 'slotOffset'>,
  { start, count, fields, point }: Batch,
): Copy => {
  const [first, rows] = isShared(program, tensor) ? [point, count / fields.count] : [start, count];
  return { tensor, tensorOffset: first * features, slot, slotOffset, length: rows * features };
};

/** The buffer of a program's input with this number, or of what belongs to it. */
export const inputSlot = (name: string, input: number): string => (input === 0 ? name : `${name}${input}`);

/** Tensors of an input. */
const tensorCount = ({ inputs, jet }: FieldProgram, input: number): number =>
  inputs[input]?.kind === 'coords' ? 1 : 1 + Number(jet.first > 0) + Number(jet.second > 0);

/** Between a program's inputs, or their derivatives, and the buffers `<name>`, `<name>1`, .... */
export const inputCopies = (
  program: FieldProgram,
  tensors: readonly TensorInfo[],
  name: string,
  batch: Batch,
): Copy[] => {
  let next = 0;
  return program.inputs.flatMap(({ features, kind }, input) => {
    const own = tensors.slice(next, next + tensorCount(program, input));
    next += own.length;
    const slot = inputSlot(name, input);
    if (kind === 'coords')
      return own.map(tensor => pointCopy(program, { tensor, slot, slotOffset: 0, features }, batch));
    return rowCopies(own, slot, features, batch);
  });
};

/** Between a program's outputs, or the derivatives with respect to them, and a buffer. */
export const outputCopies = (
  program: FieldProgram,
  tensors: readonly TensorInfo[],
  slot: string,
  batch: Batch,
): Copy[] => rowCopies(tensors, slot, outFeaturesOf(program), batch);

/** The numbers of a batch's fields between the flat vector of all parameters, or of their gradient, and a buffer. */
export const vectorCopies = (
  stretches: readonly Stretch[],
  { tensor, slot }: Pick<Copy, 'tensor' | 'slot'>,
  { fields }: Pick<Batch, 'fields'>,
): Copy[] =>
  stretches.flatMap(({ vector, slot: slotOffset, length, stride }) => {
    if (stride === undefined) return [{ tensor, tensorOffset: vector, slot, slotOffset, length }];
    const tensorOffset = vector + fields.start * stride;
    if (stride === length) return [{ tensor, tensorOffset, slot, slotOffset, length: fields.count * length }];
    return Array.from({ length: fields.count }, (_, f) => ({
      tensor,
      tensorOffset: tensorOffset + f * stride,
      slot,
      slotOffset: slotOffset + f * length,
      length,
    }));
  });
