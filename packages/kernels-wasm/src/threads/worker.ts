/**
 * @file What a thread does, as text: a worker of Node and one of a browser both start from it, and neither needs a file that a bundler would have
 * to find.
 */

/** The words by which threads and their owner talk, in shared memory. */
export const CONTROL = { generation: 0, done: 1, kind: 2, job: 3, threads: 4, failed: 5, length: 16 } as const;

/** Defines `serve({ module, memory, control, thread })`, which never returns. */
export const workerSource: string = `
const serve = ({ module, memory, control, thread }) => {
  const words = new Int32Array(memory.buffer, control, ${CONTROL.length});
  let generation = 0;
  let kernels;
  for (;;) {
    Atomics.wait(words, ${CONTROL.generation}, generation);
    const next = Atomics.load(words, ${CONTROL.generation});
    if (next === generation) continue;
    generation = next;
    try {
      kernels ??= new WebAssembly.Instance(module, { env: { memory, sin: Math.sin, cos: Math.cos } }).exports;
      kernels.run(words[${CONTROL.kind}], words[${CONTROL.job}], thread, words[${CONTROL.threads}]);
    } catch {
      Atomics.store(words, ${CONTROL.failed}, thread);
    }
    Atomics.add(words, ${CONTROL.done}, 1);
    Atomics.notify(words, ${CONTROL.done});
  }
};
`;
