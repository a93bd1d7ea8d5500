import { availableParallelism } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Platform, ThreadStarter } from './platform.ts';
import { serve } from './serve.ts';

const startThread: ThreadStarter = start => {
  const source = `(${serve})(require('node:worker_threads').workerData);`;
  const worker = new Worker(source, { eval: true, workerData: start, execArgv: [], name: `simd ${start.thread}` });
  let alive = true;
  worker.unref();
  // Without a listener, an error in a worker ends the process. The pool detects failed workers itself, see pool.ts.
  worker.on('error', () => undefined);
  worker.on('exit', () => {
    alive = false;
  });
  return { started: Promise.resolve(), isAlive: () => alive, terminate: () => void worker.terminate() };
};

export const platform: Platform = {
  // Node 20 has relaxed SIMD behind this flag. Later versions enable it by default, and warn about unknown flags.
  prepare: () => {
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  },
  availableThreads: () => availableParallelism(),
  needsProbe: false,
  starters: () => [startThread],
};
