/** @file Limits the work in flight, so that the host does not run ahead of a slower device. */

/** Two parts in flight keep a slow device busy: while it runs the first, the second is already queued. */
const MIN_IN_FLIGHT = 2;

/** The default limit of parts in flight. */
export const MAX_IN_FLIGHT = 32;

/**
 * Counts the parts that are submitted but not finished. A part is what is submitted between two consecutive calls of
 * {@link apply}: a step of a fit, or a chunk of one.
 *
 * The bound starts at two parts. If the device has run out of work when the host returns from a wait, the latency is
 * long compared with the work, and the bound doubles. After every wait that leaves work on the device, it decreases by
 * one.
 */
export class Backpressure {
  readonly #queue: GPUQueue;
  readonly #max: number;
  readonly #waiters = new Set<() => void>();
  #bound: number;
  #inFlight = 0;
  #hasNewWork = false;
  #hasWaited = false;
  #stopped = false;

  /** @param max maximum number of parts in flight; `Infinity` for no limit */
  constructor(queue: GPUQueue, max: number) {
    this.#queue = queue;
    this.#max = max;
    this.#bound = Math.min(MIN_IN_FLIGHT, max);
  }

  /** Must be called after every submission. */
  submitted(): void {
    this.#hasNewWork = true;
  }

  /** Ends all waits, because the device is lost. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /**
   * @returns a promise if another part would exceed the bound; `undefined` if the host may continue. An abort ends the
   *   wait.
   */
  apply(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#stopped || this.#max === Number.POSITIVE_INFINITY) return undefined;
    if (this.#hasNewWork) {
      this.#hasNewWork = false;
      if (this.#hasWaited) this.#adjust();
      this.#mark();
    }
    return this.#inFlight < this.#bound ? undefined : this.#wait(signal);
  }

  #adjust(): void {
    this.#hasWaited = false;
    const bound = this.#inFlight === 0 ? 2 * this.#bound : Math.max(MIN_IN_FLIGHT, this.#bound - 1);
    this.#bound = Math.min(bound, this.#max);
  }

  #mark(): void {
    this.#inFlight += 1;
    const finish = (): void => {
      this.#inFlight -= 1;
      this.#wake();
    };
    this.#queue.onSubmittedWorkDone().then(finish, finish);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal?.addEventListener('abort', onAbort);
    while (this.#inFlight >= this.#bound && !this.#stopped && !signal?.aborted)
      await new Promise<void>(resolve => this.#waiters.add(resolve));
    signal?.removeEventListener('abort', onAbort);
    this.#hasWaited = true;
  }
}
