import type { TensorInfo } from '@tensorflow/tfjs-core';

/** A copy of floats between a tensor and a buffer of the arena. */
export interface Copy {
  readonly tensor: TensorInfo;
  readonly tensorOffset: number;
  readonly slot: string;
  readonly slotOffset: number;
  readonly length: number;
}

/** Merges copies that are contiguous in both source and target. */
export const mergeCopies = (copies: readonly Copy[]): Copy[] => {
  const result: Copy[] = [];
  for (const copy of copies) {
    const last = result.at(-1);
    const follows =
      last !== undefined &&
      last.tensor.dataId === copy.tensor.dataId &&
      last.slot === copy.slot &&
      last.tensorOffset + last.length === copy.tensorOffset &&
      last.slotOffset + last.length === copy.slotOffset;
    if (follows) result[result.length - 1] = { ...last, length: last.length + copy.length };
    else result.push(copy);
  }
  return result;
};
