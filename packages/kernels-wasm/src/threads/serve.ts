/** @file What a thread does: it waits for jobs and takes its share of each. */
import type { WasmExports } from '../wasm/exports.ts';
import type { ControlWords, ThreadStart } from './platform.ts';

/** The most threads that share a job, the caller's own among them: as many as there are claims in {@link CONTROL}. */
export const MOST_THREADS = 16;

/**
 * The words by which threads and their owner talk, in shared memory. `generation` counts the jobs; from `claims` on
 * lies a word for each thread, the last generation in which its share was taken: by itself, or by the owner where it
 * was late.
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
 * Takes a thread's share of every job; never returns.
 *
 * A thread without a file of its own gets the text of this function, so it uses nothing that is not an argument or
 * global.
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
