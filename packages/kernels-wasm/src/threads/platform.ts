/** @file What threads need from the platform: `#platform` in package.json leads to one of the two implementations. */

/** The places of the control words that all threads share; see `CONTROL` in `serve.ts`. */
export type ControlWords = Readonly<
  Record<'generation' | 'done' | 'kind' | 'job' | 'threads' | 'failed' | 'claims' | 'length', number>
>;

/** What a thread starts from. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of the control words. */
  readonly control: number;
  /** What each control word is. */
  readonly words: ControlWords;
  /** From 1; 0 is the caller's own thread. */
  readonly thread: number;
}

/** A thread that waits for jobs. */
export interface Thread {
  /**
   * Settles when the thread runs; rejects when it cannot, as under a content security policy without the workers'
   * source.
   */
  readonly started: Promise<void>;
  /** False when the thread is known to have ended. */
  isAlive(): boolean;
  terminate(): void;
}

/** A way to make a thread. @throws Error when there is no such way here */
export type ThreadStarter = (start: ThreadStart) => Thread;

export interface Platform {
  /** Makes the engine take all that it can; called once, before the module is compiled. */
  prepare(): void;
  /** How many threads the machine runs at once; 1 where memory cannot be shared. */
  availableThreads(): number;
  /** True where one only finds out whether threads can start by starting them. */
  readonly triesFirst: boolean;
  /**
   * The ways to make a thread, which never keeps a process alive; best first.
   *
   * @param script the address of the thread's script, where the application says it; in browsers only
   */
  starters(script: string | undefined): readonly ThreadStarter[];
}
