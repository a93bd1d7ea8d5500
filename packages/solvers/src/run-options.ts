/** @file Progress, cancellation and yielding to the event loop, common to the long-running solvers. */

/** Options to follow and cancel a long computation. */
export interface RunOptions {
  /** Called repeatedly with the fraction of the work that is done, in [0, 1]; the last time with 1. */
  readonly onProgress?: (done: number) => void;
  /** Cancels the work; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Short enough for a page to stay responsive. */
const YIELD_INTERVAL_MS = 30;

/**
 * Creates a function that a solver awaits between parts of its work, with the fraction that is done. When the interval
 * has passed it reports progress, yields to the event loop and checks for cancellation.
 *
 * @throws the signal's reason when it is aborted
 */
export const createYieldPoint = ({ onProgress, signal }: RunOptions): ((done: number) => Promise<void>) => {
  signal?.throwIfAborted();
  let last = performance.now();
  return async done => {
    if (done < 1 && performance.now() - last < YIELD_INTERVAL_MS) return;
    onProgress?.(done);
    await new Promise(resolve => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    last = performance.now();
  };
};
