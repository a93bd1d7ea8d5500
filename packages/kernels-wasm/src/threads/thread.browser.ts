/**
 * @file The script of a thread in a browser, for pages whose content security policy allows workers from files only. It
 *   is also `@neural-fields/kernels-wasm/thread`, for those who put it somewhere themselves. It does nothing where it
 *   is not a worker.
 */
import type { ThreadStart } from './platform.ts';
import { serve } from './serve.ts';

export { serve };

if ('WorkerGlobalScope' in globalThis)
  globalThis.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
    globalThis.postMessage('started');
    serve(data);
  };
