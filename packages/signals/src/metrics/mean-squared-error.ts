import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { finish, finishInSlices, type Work, type WorkOptions } from '../work/work.ts';
import { eachPair } from './element-pairs.ts';

/** {@link meanSquaredError} as a generator. */
export function* meanSquaredErrorWork(caller: string, a: ArrayView, b: ArrayView): Work<number> {
  let sum = 0;
  const count = yield* eachPair(caller, a, b, (x, y) => {
    let partial = 0;
    for (let i = 0; i < x.length; i++) partial += (x[i]! - y[i]!) ** 2;
    sum += partial;
  });
  return sum / count;
}

/**
 * The mean squared error: mean((a - b)^2) over all elements, in double precision, like scikit-image's
 * `mean_squared_error`.
 *
 * @throws RangeError when the shapes differ or are empty
 */
export const meanSquaredError = (a: ArrayView, b: ArrayView): number =>
  finish(meanSquaredErrorWork('meanSquaredError', a, b));

/**
 * {@link meanSquaredError} in slices, yielding to the event loop in between.
 *
 * @throws RangeError as `meanSquaredError`; the reason of `signal` when it is aborted
 */
export const meanSquaredErrorAsync = (a: ArrayView, b: ArrayView, options: WorkOptions = {}): Promise<number> => {
  assertOptions('meanSquaredErrorAsync', options, { onProgress: 1, signal: 1 });
  return finishInSlices(meanSquaredErrorWork('meanSquaredError', a, b), options);
};
