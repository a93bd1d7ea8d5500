/** @file The copies between the tensors that tfjs hands over and the buffers of the kernels. */
import type { FieldJetNetwork } from '@neural-fields/core/kernels';
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

/** The flat vector of all parameters, or of their gradient, and where in it those of a network begin. */
export interface FlatVector {
  readonly tensor: TensorInfo;
  readonly start: number;
}

/** From the flat vector of all parameters. */
export const vectorCopies = (regions: ParameterRegions, { tensor, start: first }: FlatVector): Copy[] =>
  regionsOf(regions).map(({ start, length, range }) => ({
    tensor,
    tensorOffset: first + start,
    slot: range.slot,
    slotOffset: range.offset,
    length,
  }));

/** The buffer `gradient` to the flat vector. */
export const gradientCopies = ({ count }: ParameterRegions, { tensor, start }: FlatVector): Copy[] => [
  { tensor, tensorOffset: start, slot: 'gradient', slotOffset: 0, length: count },
];
