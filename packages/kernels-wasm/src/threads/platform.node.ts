import { availableParallelism } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Platform } from './platform.ts';
import { workerSource } from './worker.ts';

export const platform: Platform = {
  // Node 20 has relaxed SIMD behind this flag. Later versions have it without, and complain of flags that they do not know.
  prepare: () => {
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  },
  availableThreads: () => availableParallelism(),
  startsLazily: true,
  startThread(start) {
    const source = `${workerSource} serve(require('node:worker_threads').workerData);`;
    const worker = new Worker(source, { eval: true, workerData: start, execArgv: [], name: `simd ${start.thread}` });
    worker.unref();
    // Without a listener an error in a worker ends the process; the pool finds out by itself, see pool.ts.
    worker.on('error', () => undefined);
    return { started: Promise.resolve(), terminate: () => void worker.terminate() };
  },
};
