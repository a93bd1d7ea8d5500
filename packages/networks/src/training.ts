/** @file How the papers train their networks. */
import { type AdamOptions, adam, constant, exponential, type Optimizer, type Schedule } from '@neural-fields/core';

/** The training settings of a paper. All of them use Adam. */
export interface TrainingSettings {
  /** Adam's learning rate at the first step. */
  readonly learningRate: number;
  /** The factor of the learning rate at the last step, which it reaches by geometric decay; constant if absent. */
  readonly finalFactor?: number;
  /** Adam's other options; core's defaults if absent. */
  readonly adam?: Omit<AdamOptions, 'learningRate'>;
  readonly steps: number;
  /** The number of points per step. */
  readonly batch: 'full' | number;
  /** The range of the targets. A field of this repository's programs has [-1, 1]. */
  readonly valueRange: readonly [number, number];
}

/** The settings as options of core's `fit`, but for the number of steps. */
export const trainingOptions = ({
  learningRate,
  finalFactor,
  adam: others,
}: TrainingSettings): { readonly optimizer: Optimizer; readonly schedule: Schedule } => ({
  optimizer: adam({ learningRate, ...others }),
  schedule: finalFactor === undefined ? constant() : exponential(finalFactor),
});
