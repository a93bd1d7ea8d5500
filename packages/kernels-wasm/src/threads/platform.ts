/** @file What threads need from the platform: `#platform` in package.json leads to one of the two implementations. */

/** What a thread starts from. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of the control words; see pool.ts. */
  readonly control: number;
  /** From 1; 0 is the caller's own thread. */
  readonly thread: number;
}

/** A thread that waits for jobs. */
export interface Thread {
  /** Settles when the thread runs; rejects when it cannot, as under a content security policy without `worker-src blob:`. */
  readonly started: Promise<void>;
  terminate(): void;
}

export interface Platform {
  /** Makes the engine take all that it can; called once, before the module is compiled. */
  prepare(): void;
  /** How many threads the machine runs at once; 1 where memory cannot be shared. */
  availableThreads(): number;
  /** True where a thread starts while its owner is busy. In a page it does not: it has to have started before it is given a job. */
  readonly startsLazily: boolean;
  /** Starts a thread, which never keeps a process alive. */
  startThread(start: ThreadStart): Thread;
}
