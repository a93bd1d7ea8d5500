import type { Platform, ThreadStarter } from './platform.ts';
import { serve } from './serve.ts';

/** Threads in browsers need shared memory, which a page has only when it is cross-origin isolated. */
const isolated = (): boolean => globalThis.crossOriginIsolated === true && typeof Worker === 'function';

/** Loading a worker script takes less; a wrong script never answers. */
const START_TIMEOUT_MS = 20_000;

/** Starts a thread in a worker created by `make`; `clean` runs once it has started or failed. */
const starter =
  (make: () => Worker, clean: () => void = () => undefined): ThreadStarter =>
  start => {
    const worker = make();
    const started = new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error(`simd: thread ${start.thread} cannot start`));
      worker.onmessage = () => resolve();
      worker.onerror = event => {
        event.preventDefault();
        fail();
      };
      setTimeout(fail, START_TIMEOUT_MS);
    }).finally(clean);
    worker.postMessage(start);
    return { started, isAlive: () => true, terminate: () => worker.terminate() };
  };

// Vite and webpack recognise exactly this expression, and bundle the script.
const fromFile = starter(() => new Worker(new URL('./thread.browser.js', import.meta.url), { type: 'module' }));

/** The fallback for other bundlers: it needs no file, but a content security policy may forbid it. */
const fromText: ThreadStarter = start => {
  const source = `const serve = ${serve}; onmessage = ({ data }) => { postMessage('started'); serve(data); };`;
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return starter(
    () => new Worker(address),
    () => URL.revokeObjectURL(address),
  )(start);
};

export const platform: Platform = {
  prepare: () => undefined,
  availableThreads: () => (isolated() ? (globalThis.navigator?.hardwareConcurrency ?? 1) : 1),
  needsProbe: true,
  starters: script =>
    script === undefined ? [fromFile, fromText] : [starter(() => new Worker(script, { type: 'module' }))],
};
