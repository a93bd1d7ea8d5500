/** @file Selects the parameters of some fields of a batch, and scatters their gradients back. */
import {
  concat1d,
  gather,
  reshape,
  scatterND,
  slice,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import { type BatchNetwork, batchNetworkFor } from '../spec/batch-network.ts';

/** @throws RangeError when an index is not that of a field */
export const assertFieldIndices = (what: string, indices: ArrayLike<number>, count: number): void => {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new RangeError(
        `${what}: the indices of fields must be integers from 0 to ${count - 1}, got ${String(index)}`,
      );
  }
};

/** The flat vector of the fields with these indices, in the order of `batchNetworkFor`. */
export const selectFields = ({ single, layout, isOwn }: BatchNetwork, flat: Tensor1D, indices: Int32Array): Tensor1D =>
  tidy(() => {
    const rows = tensor1d(indices, 'int32');
    const parts = layout.split(flat);
    return concat1d(
      single.layout.entries.map(({ size }, index) => {
        const part = parts[index] as Tensor;
        if (!isOwn[index]) return reshape(part, [size]) as Tensor1D;
        return reshape(gather(reshape(part, [-1, size]), rows), [-1]) as Tensor1D;
      }),
    );
  });

/**
 * The gradient with respect to all fields, from the gradient with respect to the selected ones. Sums the gradients of a
 * field that was selected twice.
 */
export const spreadFields = (batch: BatchNetwork, gradient: Tensor1D, indices: Int32Array): Tensor1D =>
  tidy(() => {
    const { single, count, isOwn } = batch;
    const chosen = batchNetworkFor(batch, indices.length).layout;
    const rows = reshape(tensor1d(indices, 'int32'), [-1, 1]);
    return concat1d(
      single.layout.entries.map(({ size }, index) => {
        const { offset, size: length } = chosen.entries[index] as { offset: number; size: number };
        const part = slice(gradient, offset, length);
        if (!isOwn[index]) return part;
        return reshape(scatterND(rows, reshape(part, [-1, size]), [count, size]), [-1]) as Tensor1D;
      }),
    );
  });
