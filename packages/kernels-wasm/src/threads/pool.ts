import { platform } from '#platform';
import type { JobKind, WasmExports } from '../wasm/exports.ts';
import type { Arena } from '../wasm/memory.ts';
import type { Thread, ThreadStarter } from './platform.ts';
import { CONTROL } from './serve.ts';

/** A thread of the kernels failed, or did not answer. The backend stays usable: the next job starts new threads. */
export class KernelThreadError extends Error {
  override readonly name = 'KernelThreadError';
}

/** No job takes as long as this: they are cut to size. */
const PATIENCE = 120_000;
/** How long the caller looks for the others' end before it sleeps. */
const SPINS = 20_000;
const NAP = 100;
/**
 * Threads that are told to end may still look at their control words for a moment: each start takes others, in turn.
 */
const CONTROLS = 64;
const CONTROL_BYTES = 4 * CONTROL.length;

/** True where this thread may sleep, which the main thread of a page may not. */
const maySleep = (words: Int32Array): boolean => {
  try {
    Atomics.wait(words, CONTROL.failed, -1, 0);
    return true;
  } catch {
    return false;
  }
};

/** What a pool works with. */
export interface ThreadPoolOptions {
  readonly module: WebAssembly.Module;
  /** The caller's own instance. */
  readonly kernels: WasmExports;
  readonly arena: Arena;
  /** Threads in all, at most `MOST_THREADS`; 1 for none beside the caller's. */
  readonly count: number;
  /** The address of the threads' script, in browsers. */
  readonly script?: string | undefined;
  /** Milliseconds after which a thread that has begun its share and not ended it has failed; two minutes if absent. */
  readonly patience?: number;
}

/**
 * The threads that share a job: the caller's own, number 0, and workers, which start with the first job that is worth
 * it. Which share is whose is fixed by their number, so the results depend on nothing else; the caller takes over what
 * a worker has not begun when its own share is done, as while the worker is starting or busy elsewhere, so that no job
 * ever waits for a thread that is not there.
 */
export class ThreadPool {
  readonly count: number;
  readonly #options: ThreadPoolOptions;
  readonly #starters: readonly ThreadStarter[];
  readonly #controls: number;
  #starter = 0;
  #starts = 0;
  #workers: Thread[] = [];

  constructor(options: ThreadPoolOptions) {
    this.count = options.count;
    this.#options = options;
    this.#starters = platform.starters(options.script);
    this.#controls = options.arena.take(CONTROLS * CONTROL_BYTES);
  }

  /**
   * Finds a way to make threads, where there may be none.
   *
   * @throws Error when there is none
   */
  async prepare(): Promise<void> {
    if (!platform.triesFirst || this.count <= 1) return;
    let reason: unknown;
    for (; this.#starter < this.#starters.length; this.#starter += 1)
      try {
        this.#start();
        await Promise.all(this.#workers.map(({ started }) => started));
        return;
      } catch (cause) {
        this.dispose();
        reason = cause;
      }
    throw reason;
  }

  /**
   * Starts the workers where there are none or one has ended; false where there can be none, as under Node's permission
   * model.
   */
  #areRunning(): boolean {
    if (this.#workers.length > 0 && this.#workers.every(worker => worker.isAlive())) return true;
    this.dispose();
    if (this.#starter >= this.#starters.length) return false;
    try {
      this.#start();
    } catch {
      this.dispose();
      this.#starter = this.#starters.length;
      return false;
    }
    return true;
  }

  get #control(): number {
    return this.#controls + CONTROL_BYTES * (this.#starts % CONTROLS);
  }

  #start(): void {
    this.#starts += 1;
    const { arena, module } = this.#options;
    arena.integers(this.#control, CONTROL.length).fill(0);
    const start = this.#starters[this.#starter] as ThreadStarter;
    for (let thread = 1; thread < this.count; thread++) {
      const worker = start({ module, memory: arena.memory, control: this.#control, words: CONTROL, thread });
      // One that cannot start does no harm, unless somebody asks: its shares are taken over.
      worker.started.catch(() => undefined);
      this.#workers.push(worker);
    }
  }

  /**
   * Does a job on `threads` threads and returns when all of it is done.
   *
   * @param job the address of the job's record
   * @throws KernelThreadError when a thread failed
   */
  run(kind: JobKind, job: number, threads: number = this.count): void {
    const { kernels, arena } = this.#options;
    if (threads <= 1 || this.count <= 1) {
      kernels.run(kind, job, 0, 1);
      return;
    }
    if (!this.#areRunning()) {
      // All shares, one after the other: the sums are then those of as many threads, to the last bit.
      for (let thread = 0; thread < this.count; thread++) kernels.run(kind, job, thread, this.count);
      return;
    }
    const words = arena.integers(this.#control, CONTROL.length);
    words[CONTROL.kind] = kind;
    words[CONTROL.job] = job;
    words[CONTROL.threads] = this.count;
    Atomics.store(words, CONTROL.done, 0);
    const generation = Atomics.add(words, CONTROL.generation, 1) + 1;
    Atomics.notify(words, CONTROL.generation);
    let cause: unknown;
    for (let thread = 0; thread < this.count; thread++) {
      if (thread > 0 && !this.#claims(words, thread, generation)) continue;
      try {
        if (cause === undefined) kernels.run(kind, job, thread, this.count);
      } catch (error) {
        cause = error;
        Atomics.store(words, CONTROL.failed, thread);
      }
      if (thread > 0) Atomics.add(words, CONTROL.done, 1);
    }
    this.#awaitWorkers(words);
    const failed = Atomics.load(words, CONTROL.failed);
    if (cause === undefined && failed === 0) return;
    this.dispose();
    throw new KernelThreadError(`simd: thread ${failed} of ${this.count} failed`, { cause });
  }

  /** True when the thread has not begun its share, and now the caller has to do it. */
  #claims(words: Int32Array, thread: number, generation: number): boolean {
    const place = CONTROL.claims + thread;
    const taken = Atomics.load(words, place);
    return taken !== generation && Atomics.compareExchange(words, place, taken, generation) === taken;
  }

  #awaitWorkers(words: Int32Array): void {
    const wanted = this.count - 1;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(words, CONTROL.done) === wanted) return;
    const { patience = PATIENCE } = this.#options;
    const sleeps = maySleep(words);
    const started = performance.now();
    for (;;) {
      const done = Atomics.load(words, CONTROL.done);
      if (done === wanted) return;
      if (sleeps) Atomics.wait(words, CONTROL.done, done, NAP);
      if (performance.now() - started > patience) {
        this.dispose();
        throw new KernelThreadError(
          `simd: ${wanted - done} of ${this.count} threads did not answer within ${patience / 1000} s`,
        );
      }
    }
  }

  /** Ends the workers. A later job starts new ones. */
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}
