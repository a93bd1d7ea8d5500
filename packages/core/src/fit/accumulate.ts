import { add, keep, type Tensor } from '@tensorflow/tfjs-core';

/** total + part, disposing both. */
export const accumulate = <T extends Tensor>(total: T | undefined, part: T): T => {
  if (total === undefined) return keep(part);
  const next = keep(add(total, part)) as T;
  total.dispose();
  part.dispose();
  return next;
};
