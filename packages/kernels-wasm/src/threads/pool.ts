import { platform } from '#platform';
import type { JobKind, WasmExports } from '../wasm/exports.ts';
import type { Arena } from '../wasm/memory.ts';
import type { Thread, ThreadStarter } from './platform.ts';
import { CONTROL } from './serve.ts';

/** A thread of the kernels failed or timed out. The backend stays usable: the next job starts new threads. */
export class KernelThreadError extends Error {
  override readonly name = 'KernelThreadError';
}

/** Much longer than any job takes: batches limit the work of a job. */
const JOB_TIMEOUT_MS = 120_000;
/** How often the caller checks for the end of the others before it blocks. */
const MAX_SPINS = 20_000;
const POLL_INTERVAL_MS = 100;
/** Terminated threads may still read their control words for a moment, so each start uses the next of these blocks. */
const CONTROL_BLOCKS = 64;
const CONTROL_BYTES = 4 * CONTROL.length;

/** Whether this thread may block; the main thread of a page may not. */
const canBlock = (words: Int32Array): boolean => {
  try {
    Atomics.wait(words, CONTROL.failed, -1, 0);
    return true;
  } catch {
    return false;
  }
};

/** Options of a pool. */
export interface ThreadPoolOptions {
  readonly module: WebAssembly.Module;
  /** The caller's own instance. */
  readonly kernels: WasmExports;
  readonly arena: Arena;
  /** Number of threads including the caller's, at most `MAX_THREADS`. */
  readonly count: number;
  /** The URL of the threads' script, in browsers. */
  readonly script?: string | undefined;
  /** Milliseconds after which a thread that has not finished its share counts as failed; two minutes if absent. */
  readonly timeoutMs?: number;
}

/**
 * The threads that share a job: the caller's own, number 0, and workers, which start with the first job that is large
 * enough. The division into shares depends only on the number of threads, and so do the results. When the caller has
 * finished its own share it takes over those that workers have not begun, for example because they are still starting,
 * so that no job waits for a thread that is not running.
 */
export class ThreadPool {
  readonly count: number;
  readonly #options: ThreadPoolOptions;
  readonly #starters: readonly ThreadStarter[];
  readonly #controls: number;
  #starterIndex = 0;
  #starts = 0;
  #workers: Thread[] = [];

  constructor(options: ThreadPoolOptions) {
    this.count = options.count;
    this.#options = options;
    this.#starters = platform.starters(options.script);
    this.#controls = options.arena.take(CONTROL_BLOCKS * CONTROL_BYTES);
  }

  /**
   * Starts the threads on platforms where starting may fail, in the first way that works.
   *
   * @throws Error when none works
   */
  async prepare(): Promise<void> {
    if (!platform.needsProbe || this.count <= 1) return;
    let reason: unknown;
    for (; this.#starterIndex < this.#starters.length; this.#starterIndex += 1)
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
   * Starts the workers if there are none or one has ended. Returns false if they cannot start, for example under Node's
   * permission model.
   */
  #ensureRunning(): boolean {
    if (this.#workers.length > 0 && this.#workers.every(worker => worker.isAlive())) return true;
    this.dispose();
    if (this.#starterIndex >= this.#starters.length) return false;
    try {
      this.#start();
    } catch {
      this.dispose();
      this.#starterIndex = this.#starters.length;
      return false;
    }
    return true;
  }

  get #control(): number {
    return this.#controls + CONTROL_BYTES * (this.#starts % CONTROL_BLOCKS);
  }

  #start(): void {
    this.#starts += 1;
    const { arena, module } = this.#options;
    arena.integers(this.#control, CONTROL.length).fill(0);
    const start = this.#starters[this.#starterIndex] as ThreadStarter;
    for (let thread = 1; thread < this.count; thread++) {
      const worker = start({ module, memory: arena.memory, control: this.#control, words: CONTROL, thread });
      // A worker that cannot start does no harm: the caller takes over its shares. `prepare` awaits the promise itself.
      worker.started.catch(() => undefined);
      this.#workers.push(worker);
    }
  }

  /**
   * Runs a job and returns when it is finished.
   *
   * @param job the address of the job's record
   * @param threads 1 to run it on the caller's thread alone; else all threads share it
   * @throws KernelThreadError when a thread fails or times out
   */
  run(kind: JobKind, job: number, threads: number = this.count): void {
    const { kernels, arena } = this.#options;
    if (threads <= 1 || this.count <= 1) {
      kernels.run(kind, job, 0, 1);
      return;
    }
    if (!this.#ensureRunning()) {
      // The caller runs all shares in order: the sums are then bitwise the same as with running workers.
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

  /** Claims a thread's share for the caller. Returns false if the thread has already begun it. */
  #claims(words: Int32Array, thread: number, generation: number): boolean {
    const place = CONTROL.claims + thread;
    const taken = Atomics.load(words, place);
    return taken !== generation && Atomics.compareExchange(words, place, taken, generation) === taken;
  }

  #awaitWorkers(words: Int32Array): void {
    const workers = this.count - 1;
    for (let i = 0; i < MAX_SPINS; i++) if (Atomics.load(words, CONTROL.done) === workers) return;
    const { timeoutMs = JOB_TIMEOUT_MS } = this.#options;
    const blocks = canBlock(words);
    const started = performance.now();
    for (;;) {
      const done = Atomics.load(words, CONTROL.done);
      if (done === workers) return;
      if (blocks) Atomics.wait(words, CONTROL.done, done, POLL_INTERVAL_MS);
      if (performance.now() - started > timeoutMs) {
        this.dispose();
        throw new KernelThreadError(
          `simd: ${workers - done} of ${this.count} threads timed out after ${timeoutMs / 1000} s`,
        );
      }
    }
  }

  /** Terminates the workers. A later job starts new ones. */
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}
