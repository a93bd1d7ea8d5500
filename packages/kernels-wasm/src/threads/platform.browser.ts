import type { Platform } from './platform.ts';
import { workerSource } from './worker.ts';

/** Threads in browsers need shared memory, which a page has only when it is cross-origin isolated. */
const isolated = (): boolean => globalThis.crossOriginIsolated === true && typeof Worker === 'function';

export const platform: Platform = {
  prepare: () => undefined,
  availableThreads: () => (isolated() ? (globalThis.navigator?.hardwareConcurrency ?? 1) : 1),
  startsLazily: false,
  startThread(start) {
    const source = `${workerSource} onmessage = ({ data }) => { postMessage('started'); serve(data); };`;
    const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const worker = new Worker(address, { name: `simd ${start.thread}` });
    const started = new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = () => reject(new Error(`simd: thread ${start.thread} cannot start`));
    }).finally(() => URL.revokeObjectURL(address));
    worker.postMessage(start);
    return { started, terminate: () => worker.terminate() };
  },
};
