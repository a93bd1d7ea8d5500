/**
 * @file The script of a worker thread in a browser. It is also exported as `@neural-fields/kernels-wasm/thread`, for
 *   applications that serve it themselves. Outside a worker it does nothing.
 */
import type { ThreadStart } from './platform.ts';
import { serve } from './serve.ts';

export { serve };

if ('WorkerGlobalScope' in globalThis)
  globalThis.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
    globalThis.postMessage('started');
    serve(data);
  };
