/**
 * @file What solvers that take long have in common: they report progress, can be stopped, and let others have their
 * turn.
 */

/** How a long solution is watched and stopped. */
export interface RunOptions {
  /** Called now and then with the part of the work that is done, in [0, 1]; at last with 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops the work, with the signal's reason as the error. */
  readonly signal?: AbortSignal;
}

/** Milliseconds of work between two pauses: few enough for a page to stay responsive. */
const PAUSE_EVERY = 30;

/**
 * Made at the beginning of the work, and awaited between its parts with the part that is done: it reports, gives way
 * and stops, where it is time.
 *
 * @throws the signal's reason when it is aborted
 */
export const createTurns = ({ onProgress, signal }: RunOptions): ((done: number) => Promise<void>) => {
  signal?.throwIfAborted();
  let last = performance.now();
  return async done => {
    if (done < 1 && performance.now() - last < PAUSE_EVERY) return;
    onProgress?.(done);
    await new Promise(resolve => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    last = performance.now();
  };
};
