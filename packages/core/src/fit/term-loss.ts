/** @file The losses of terms, read from the device. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** The loss of one term, without its weight. */
export interface TermLoss {
  /** The mean over the points, and over the fields of a batch. */
  readonly mean: number;
  /** The sum of the fields' means, which is differentiated. */
  readonly sum: number;
  /** The mean of each field of a batch. */
  readonly fields?: Float32Array;
}

/** Reads the losses of terms from the device. */
export const readLosses = (losses: readonly Tensor[]): Promise<TermLoss[]> =>
  Promise.all(
    losses.map(async loss => {
      const values = (await loss.data()) as Float32Array;
      if (loss.rank === 0) return { mean: values[0] as number, sum: values[0] as number };
      const sum = values.reduce((total, value) => total + value, 0);
      return { mean: sum / values.length, sum, fields: values.slice() };
    }),
  );

/** The means of losses. */
export const meansOf = (losses: readonly TermLoss[]): number[] => losses.map(({ mean }) => mean);
