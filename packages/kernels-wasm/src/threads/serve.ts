/** @file The loop of a thread: it waits for jobs and processes its share of each. */
import type { WasmExports } from '../wasm/exports.ts';
import type { ControlWords, ThreadStart } from './platform.ts';

/** The maximum number of threads that share a job, including the caller's; {@link CONTROL} has a claim for each. */
export const MAX_THREADS = 16;

/**
 * The indices of the control words in shared memory by which the caller and the workers synchronise. `generation`
 * counts the jobs. From `claims` on there is a word for each thread: the last generation in which its share was
 * claimed, by the thread itself, or by the caller if the thread was late.
 */
export const CONTROL: ControlWords = {
  generation: 0,
  done: 1,
  kind: 2,
  job: 3,
  threads: 4,
  failed: 5,
  claims: 16,
  length: 32,
};

/**
 * Processes a thread's share of every job; never returns.
 *
 * Some threads are started from the source text of this function, so it may use nothing but its argument and globals.
 */
export function serve(start: ThreadStart): never {
  const control = start.words;
  const thread = start.thread;
  const memory = start.memory;
  const words = new Int32Array(memory.buffer, start.control, control.length);
  const claim = control.claims + thread;
  let kernels: WasmExports | undefined;
  let generation = 0;
  for (;;) {
    Atomics.wait(words, control.generation, generation);
    const next = Atomics.load(words, control.generation);
    if (next === generation) continue;
    generation = next;
    const taken = Atomics.load(words, claim);
    if (taken === next || Atomics.compareExchange(words, claim, taken, next) !== taken) continue;
    try {
      if (kernels === undefined) {
        const instance = new WebAssembly.Instance(start.module, {
          env: { memory: memory, sin: Math.sin, cos: Math.cos },
        });
        kernels = instance.exports as object as WasmExports;
      }
      kernels.run(
        words[control.kind] as number,
        words[control.job] as number,
        thread,
        words[control.threads] as number,
      );
    } catch {
      Atomics.store(words, control.failed, thread);
    }
    Atomics.add(words, control.done, 1);
    Atomics.notify(words, control.done);
  }
}
