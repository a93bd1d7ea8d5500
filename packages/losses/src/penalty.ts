/**
 * @file Elementwise penalties, which turn an error into a loss. Losses on residuals take any of these, or one made with
 *   `definePenalty`.
 */
import { absolute, penalise } from '@neural-fields/core/elementwise';
import type { Tensor } from '@tensorflow/tfjs-core';

export {
  absolute,
  charbonnierPenalty,
  huberPenalty,
  type Penalty,
  penalise,
  penaltyTangent,
  squared,
} from '@neural-fields/core/elementwise';

/** |x|, elementwise. Its gradient at 0 is 0; that of `tf.abs` is -1. */
export const absoluteValue = <T extends Tensor>(x: T): T => penalise(absolute, x);
