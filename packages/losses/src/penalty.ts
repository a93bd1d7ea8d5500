/**
 * @file How an error becomes a loss, element by element. Losses on residuals take any of these, or one of the user's
 * own by `definePenalty`.
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

/** |x|, element by element. Its gradient at 0 is 0; that of tfjs's own op is -1. */
export const absoluteValue = <T extends Tensor>(x: T): T => penalise(absolute, x);
