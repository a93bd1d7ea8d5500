/** @file Long computations that can yield to the event loop, so that a page stays responsive and can show progress. */

/** A computation as a generator that yields the fraction that is done, from 0 to 1. */
export type Work<Result> = Generator<number, Result, void>;

/** Options to follow and cancel a long computation. */
export interface WorkOptions {
  /** Called repeatedly with the fraction that is done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Cancels the work; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The duration of a slice: one frame at 60 frames per second. */
const SLICE_MS = 16;

/** Runs the work to completion synchronously. */
export const finish = <Result>(work: Work<Result>): Result => {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

/**
 * Runs the work in slices of about 16 milliseconds, yielding to the event loop in between.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const finishInSlices = async <Result>(
  work: Work<Result>,
  { onProgress, signal }: WorkOptions = {},
): Promise<Result> => {
  signal?.throwIfAborted();
  for (let since = performance.now(); ; ) {
    const { done, value } = work.next();
    if (done) {
      onProgress?.(1);
      return value;
    }
    if (performance.now() - since < SLICE_MS) continue;
    onProgress?.(value);
    await new Promise(resolve => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    since = performance.now();
  }
};

/** The options for a part of some work: it starts at the fraction `from` of the whole, and is `fraction` of it. */
export const watchedPart = ({ onProgress, signal }: WorkOptions, from: number, fraction: number): WorkOptions => ({
  ...(signal && { signal }),
  ...(onProgress && { onProgress: done => onProgress(from + fraction * done) }),
});

/**
 * Scales the progress of a part of some work: it starts at the fraction `from` of the whole, and is `fraction` of it.
 */
export function* part<Result>(work: Work<Result>, from: number, fraction: number): Work<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield from + fraction * value;
  }
}
