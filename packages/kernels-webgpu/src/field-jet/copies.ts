/** @file The copies between tfjs's tensors and the buffers of the kernels. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { Batch } from './batches.ts';
import { type FieldProgram, outFeaturesOf } from './field-program.ts';
import type { CopyRange } from './regions.ts';

/**
 * Copies of a batch's rows between tensors, each `[k][total][features]` with k blocks or `[total][features]`, and a
 * buffer `[blocks][count][features]`.
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

/** Whether a program for many fields has a tensor `[n, features]` that all fields share. */
export const isShared = ({ fields }: Pick<FieldProgram, 'fields'>, tensor: TensorInfo | undefined): boolean =>
  fields !== undefined && tensor?.shape.length === 2;

/** The copy of a batch's rows from a tensor `[b, n, features]`, or from a shared one `[n, features]`. */
export const pointCopy = (
  program: FieldProgram,
  { tensor, slot, slotOffset, features }: { readonly features: number } & Pick<Copy, 'tensor' | 'slot' | 'slotOffset'>,
  { start, count, fields, point }: Batch,
): Copy => {
  const [first, rows] = isShared(program, tensor) ? [point, count / fields.count] : [start, count];
  return { tensor, tensorOffset: first * features, slot, slotOffset, length: rows * features };
};

/** The name of the buffer that belongs to a program's input: `<name>`, `<name>1`, .... */
export const inputSlot = (name: string, input: number): string => (input === 0 ? name : `${name}${input}`);

/** The number of tensors of an input. */
const tensorCount = ({ inputs, jet }: FieldProgram, input: number): number =>
  inputs[input]?.kind === 'coords' ? 1 : 1 + Number(jet.first > 0) + Number(jet.second > 0);

/** Copies between a program's inputs, or their gradients, and the buffers `<name>`, `<name>1`, .... */
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

/** Copies between a program's outputs, or their gradients, and a buffer. */
export const outputCopies = (
  program: FieldProgram,
  tensors: readonly TensorInfo[],
  slot: string,
  batch: Batch,
): Copy[] => rowCopies(tensors, slot, outFeaturesOf(program), batch);

/** Copies between the flat vector of parameters, or their gradient, and a buffer, for a batch's fields. */
export const vectorCopies = (
  stretches: readonly CopyRange[],
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
