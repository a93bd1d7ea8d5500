/** @file The copies between the tensors that tfjs hands over and the buffers of the kernels. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { Batch } from './batches.ts';
import { type FieldProgram, outFeaturesOf } from './field-program.ts';
import type { Stretch } from './regions.ts';

/** The rows of a batch between tensors `[k][total][features]` or `[total][features]`, one after the other, and `[blocks][count][features]`. */
const rowCopies = (tensors: readonly TensorInfo[], slot: string, features: number, { start, count, total }: Batch): Copy[] => {
  let block = 0;
  return tensors.flatMap(tensor =>
    Array.from({ length: tensor.shape.length === 3 ? (tensor.shape[0] as number) : 1 }, (_, k): Copy => {
      const slotOffset = block * count * features;
      block += 1;
      return { tensor, tensorOffset: (k * total + start) * features, slot, slotOffset, length: count * features };
    }),
  );
};

/** The buffer of a program's input with this number, or of what belongs to it. */
export const inputSlot = (name: string, input: number): string => (input === 0 ? name : `${name}${input}`);

/** Tensors of an input. */
const tensorCount = ({ inputs, jet }: FieldProgram, input: number): number =>
  inputs[input]?.kind === 'coords' ? 1 : 1 + Number(jet.first > 0) + Number(jet.second > 0);

/** Between a program's inputs, or their derivatives, and the buffers `<name>`, `<name>1`, .... */
export const inputCopies = (program: FieldProgram, tensors: readonly TensorInfo[], name: string, batch: Batch): Copy[] => {
  let next = 0;
  return program.inputs.flatMap(({ features }, input) => {
    const own = tensors.slice(next, next + tensorCount(program, input));
    next += own.length;
    return rowCopies(own, inputSlot(name, input), features, batch);
  });
};

/** Between a program's outputs, or the derivatives with respect to them, and a buffer. */
export const outputCopies = (program: FieldProgram, tensors: readonly TensorInfo[], slot: string, batch: Batch): Copy[] =>
  rowCopies(tensors, slot, outFeaturesOf(program), batch);

/** Between the flat vector of all parameters, or of their gradient, and a buffer. */
export const vectorCopies = (stretches: readonly Stretch[], tensor: TensorInfo, slot: string): Copy[] =>
  stretches.map(({ vector, slot: slotOffset, length }) => ({ tensor, tensorOffset: vector, slot, slotOffset, length }));
