/** @file Keeps the host from running away from a device that is slower: what is under way is bounded. */

/** So many parts in flight keep a device busy that takes long for one: it works on the first and has the second. */
const LEAST = 2;

/** The most parts in flight where nothing else is said. */
export const MOST_IN_FLIGHT = 32;

/**
 * Counts the parts of the work that were submitted and are not finished. A part is what was submitted between two calls
 * of {@link keep} in a row: a step of a fit, or a chunk of one.
 *
 * The bound is two parts at first. A device that has run out of work by the time the host comes back from a wait is
 * quick, and the news of its work takes long against the work: the bound doubles. With every wait after which it still
 * has work the bound falls by one.
 */
export class Pace {
  readonly #queue: GPUQueue;
  readonly #most: number;
  readonly #sleepers = new Set<() => void>();
  #bound: number;
  #inFlight = 0;
  #hasNews = false;
  #hasWaited = false;
  #stopped = false;

  /** @param most the most parts in flight; `Infinity` for no bound */
  constructor(queue: GPUQueue, most: number) {
    this.#queue = queue;
    this.#most = most;
    this.#bound = Math.min(LEAST, most);
  }

  /** Something was submitted. */
  submitted(): void {
    this.#hasNews = true;
  }

  /** The device is gone: there is nothing left to wait for. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /**
   * @returns a promise while what is submitted next would be one part too many; `undefined` if the host may go on. An
   * abort ends the wait.
   */
  keep(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#stopped || this.#most === Number.POSITIVE_INFINITY) return undefined;
    if (this.#hasNews) {
      this.#hasNews = false;
      if (this.#hasWaited) this.#adjust();
      this.#mark();
    }
    return this.#inFlight < this.#bound ? undefined : this.#wait(signal);
  }

  #adjust(): void {
    this.#hasWaited = false;
    const bound = this.#inFlight === 0 ? 2 * this.#bound : Math.max(LEAST, this.#bound - 1);
    this.#bound = Math.min(bound, this.#most);
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
    for (const wake of this.#sleepers) wake();
    this.#sleepers.clear();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal?.addEventListener('abort', onAbort);
    while (this.#inFlight >= this.#bound && !this.#stopped && !signal?.aborted)
      await new Promise<void>(resolve => this.#sleepers.add(resolve));
    signal?.removeEventListener('abort', onAbort);
    this.#hasWaited = true;
  }
}
