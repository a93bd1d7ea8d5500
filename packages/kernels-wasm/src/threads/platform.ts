/**
 * @file What threads need from the platform; `#platform` in package.json resolves to one of the two implementations.
 */

/** The indices of the control words that all threads share; see `CONTROL` in `serve.ts`. */
export type ControlWords = Readonly<
  Record<'generation' | 'done' | 'kind' | 'job' | 'threads' | 'failed' | 'claims' | 'length', number>
>;

/** The data with which a thread starts. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of the control words. */
  readonly control: number;
  /** The index of each control word. */
  readonly words: ControlWords;
  /** Number of the thread, from 1; 0 is the caller's own thread. */
  readonly thread: number;
}

/** A thread that waits for jobs. */
export interface Thread {
  /**
   * Resolves when the thread runs; rejects when it cannot start, for example because a content security policy forbids
   * the worker's source.
   */
  readonly started: Promise<void>;
  /** False once the thread is known to have ended. */
  isAlive(): boolean;
  terminate(): void;
}

/** Starts a thread. @throws Error when that is not possible here */
export type ThreadStarter = (start: ThreadStart) => Thread;

export interface Platform {
  /** Enables optional features of the engine; called once, before the module is compiled. */
  prepare(): void;
  /** The number of hardware threads; 1 where memory cannot be shared. */
  availableThreads(): number;
  /** True where the only way to know whether threads can start is to start them. */
  readonly needsProbe: boolean;
  /**
   * The ways to start a thread, best first. Threads never keep a process alive.
   *
   * @param script the URL of the thread's script, if the application gives one; only in browsers
   */
  starters(script: string | undefined): readonly ThreadStarter[];
}
