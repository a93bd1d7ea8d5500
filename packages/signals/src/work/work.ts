/** @file Long computations that can pause: in a page they must neither block it nor go silent. */

/** A computation that pauses now and then; it yields the share that is done, from 0 to 1. */
export type Work<Result> = Generator<number, Result, void>;

/** How long work is watched, and stopped. */
export interface WorkOptions {
  /** Called now and then with the share that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The milliseconds after which the work lets others run: a frame of 60 a second. */
const SLICE = 16;

/** Does it all at once. */
export const finish = <Result>(work: Work<Result>): Result => {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

/**
 * Does it in slices of about 16 milliseconds, between which events are handled.
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
    if (performance.now() - since < SLICE) continue;
    onProgress?.(value);
    await new Promise(resolve => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    since = performance.now();
  }
};

/** How a part of some work is watched that is the given share of it and begins at `from`. */
export const watchedPart = ({ onProgress, signal }: WorkOptions, from: number, share: number): WorkOptions => ({
  ...(signal && { signal }),
  ...(onProgress && { onProgress: done => onProgress(from + share * done) }),
});

/** Work that is the given share of a whole and begins at `from`. */
export function* part<Result>(work: Work<Result>, from: number, share: number): Work<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield from + share * value;
  }
}
