/** @file The copies between the tensors that tfjs hands over and the buffers of the kernels. */
import type { FieldJetNetwork } from '@neural-fields/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import { type Batch, inputFeaturesOf, outFeaturesOf } from './batches.ts';
import type { ParameterRegions, Region } from './regions.ts';

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

/** Between a network's input, or its derivatives, and a buffer. */
export const inputCopies = (network: FieldJetNetwork, tensors: readonly TensorInfo[], slot: string, batch: Batch): Copy[] =>
  rowCopies(tensors, slot, inputFeaturesOf(network), batch);

/** Between a network's outputs, or the derivatives with respect to them, and a buffer. */
export const outputCopies = (network: FieldJetNetwork, tensors: readonly TensorInfo[], slot: string, batch: Batch): Copy[] =>
  rowCopies(tensors, slot, outFeaturesOf(network), batch);

const regionsOf = ({ layers }: ParameterRegions): Region[] =>
  layers.flatMap(({ weight, bias, learned }) => [weight, ...(bias ? [bias] : []), ...(learned ? [learned] : [])]);

/** From one vector of all parameters. */
export const vectorCopies = (regions: ParameterRegions, tensor: TensorInfo): Copy[] =>
  regionsOf(regions).map(({ start, length, range }) => ({
    tensor,
    tensorOffset: start,
    slot: range.slot,
    slotOffset: range.offset,
    length,
  }));

/** From the parameters as tensors of their own, in the order of the kernel's inputs. */
export const parameterCopies = (regions: ParameterRegions, tensors: readonly TensorInfo[]): Copy[] => {
  let next = 0;
  return regionsOf(regions).flatMap(({ length, range }) => {
    const copies: Copy[] = [];
    // The learned parameters of a layer are one region and several tensors.
    for (let taken = 0; taken < length; ) {
      const tensor = tensors[next++] as TensorInfo;
      const size = tensor.shape.reduce((product, n) => product * n, 1);
      copies.push({ tensor, tensorOffset: 0, slot: range.slot, slotOffset: range.offset + taken, length: size });
      taken += size;
    }
    return copies;
  });
};

/** The buffer `gradient` to tensors, one for each parameter. */
export const gradientCopies = (tensors: readonly TensorInfo[]): Copy[] => {
  let slotOffset = 0;
  return tensors.map(tensor => {
    const length = tensor.shape.reduce((product, n) => product * n, 1);
    slotOffset += length;
    return { tensor, tensorOffset: 0, slot: 'gradient', slotOffset: slotOffset - length, length };
  });
};
