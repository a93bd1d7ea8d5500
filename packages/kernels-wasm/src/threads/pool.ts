import { platform } from '#platform';
import type { JobKind, WasmExports } from '../wasm/exports.ts';
import type { Arena } from '../wasm/memory.ts';
import type { Thread } from './platform.ts';
import { CONTROL } from './worker.ts';

/** A thread of the kernels failed, or did not answer. The backend stays usable. */
export class KernelThreadError extends Error {
  override readonly name = 'KernelThreadError';
}

/** No job takes as long as this: they are cut to size. */
const PATIENCE = 120_000;
/** How long the caller looks for the others' end before it sleeps. */
const SPINS = 20_000;
const NAP = 100;
/** Threads that are told to end may still look at their control words for a moment: each start takes others, in turn. */
const CONTROLS = 64;
const CONTROL_BYTES = 64;

/** True where this thread may sleep, which the main thread of a page may not. */
const maySleep = (words: Int32Array): boolean => {
  try {
    Atomics.wait(words, CONTROL.length - 1, 1, 0);
    return true;
  } catch {
    return false;
  }
};

/**
 * The threads that share a job: the caller's own, number 0, and workers, which start in Node with the first job that is worth it. Which thread does what
 * is fixed by their number, so the results depend on nothing else.
 */
export class ThreadPool {
  readonly count: number;
  readonly #module: WebAssembly.Module;
  readonly #kernels: WasmExports;
  readonly #arena: Arena;
  readonly #controls: number;
  #starts = 0;
  #refused = false;
  #workers: Thread[] = [];

  /** @param count threads in all; 1 for none beside the caller's */
  constructor(module: WebAssembly.Module, kernels: WasmExports, arena: Arena, count: number) {
    this.count = count;
    this.#module = module;
    this.#kernels = kernels;
    this.#arena = arena;
    this.#controls = arena.take(CONTROLS * CONTROL_BYTES);
  }

  /**
   * Makes threads that cannot start while the caller is busy start now.
   *
   * @throws Error when one cannot
   */
  async prepare(): Promise<void> {
    if (platform.startsLazily || this.count <= 1) return;
    this.#start();
    try {
      await Promise.all(this.#workers.map(({ started }) => started));
    } catch (cause) {
      this.dispose();
      throw cause;
    }
  }

  /** Starts the workers where they can start now; false where there are none and will be none, as under Node's permission model. */
  #areRunning(): boolean {
    if (this.#workers.length > 0) return true;
    if (!platform.startsLazily || this.#refused) return false;
    try {
      this.#start();
    } catch {
      this.#refused = true;
    }
    return !this.#refused;
  }

  get #control(): number {
    return this.#controls + CONTROL_BYTES * (this.#starts % CONTROLS);
  }

  #start(): void {
    if (this.#workers.length > 0) return;
    this.#starts += 1;
    this.#arena.integers(this.#control, CONTROL.length).fill(0);
    const { memory } = this.#arena;
    this.#workers = Array.from({ length: this.count - 1 }, (_, index) =>
      platform.startThread({ module: this.#module, memory, control: this.#control, thread: index + 1 }),
    );
  }

  /**
   * Does a job on `threads` threads and returns when all of it is done.
   *
   * @param job the address of the job's record
   * @throws KernelThreadError when a worker failed
   */
  run(kind: JobKind, job: number, threads: number = this.count): void {
    if (threads <= 1 || this.count <= 1 || !this.#areRunning()) {
      this.#kernels.run(kind, job, 0, 1);
      return;
    }
    const words = this.#arena.integers(this.#control, CONTROL.length);
    words[CONTROL.kind] = kind;
    words[CONTROL.job] = job;
    words[CONTROL.threads] = this.count;
    Atomics.store(words, CONTROL.done, 0);
    Atomics.add(words, CONTROL.generation, 1);
    Atomics.notify(words, CONTROL.generation);
    try {
      this.#kernels.run(kind, job, 0, this.count);
    } finally {
      this.#awaitWorkers(words);
    }
    const failed = Atomics.load(words, CONTROL.failed);
    if (failed !== 0) {
      this.dispose();
      throw new KernelThreadError(`simd: thread ${failed} of ${this.count} failed`);
    }
  }

  #awaitWorkers(words: Int32Array): void {
    const wanted = this.count - 1;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(words, CONTROL.done) === wanted) return;
    const sleeps = maySleep(words);
    const started = performance.now();
    for (;;) {
      const done = Atomics.load(words, CONTROL.done);
      if (done === wanted) return;
      if (sleeps) Atomics.wait(words, CONTROL.done, done, NAP);
      if (performance.now() - started > PATIENCE) {
        this.dispose();
        throw new KernelThreadError(`simd: ${wanted - done} of ${this.count} threads did not answer within ${PATIENCE / 1000} s`);
      }
    }
  }

  /** Ends the workers. A later job starts new ones in Node, and does without in a page. */
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}
