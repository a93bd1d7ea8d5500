/// <reference types="vite/client" />
/** @file Sets up the backends in a page. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
});

/**
 * The webgpu backend registers itself on import, and without an adapter it fails later with an obscure message: ask for
 * one first.
 */
export const importWebgpu = async (): Promise<void> => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('this Chromium offers no WebGPU adapter, not even SwiftShader');
  await import('@tensorflow/tfjs-backend-webgpu');
};
