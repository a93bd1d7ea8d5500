/// <reference types="vite/client" />
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import { getBackend, matMul, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
});

test.each(['cpu', 'wasm', 'webgl', 'webgpu'])('%s multiplies two matrices in the page', async backend => {
  if (backend === 'webgpu') await importWebgpu();
  expect(await setBackend(backend)).toBe(true);
  await ready();
  expect(getBackend()).toBe(backend);

  const left = tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const right = tensor2d([7, 8, 9, 10, 11, 12], [3, 2]);
  const product = matMul(left, right);
  // Never dataSync: on webgpu it returns zeros in a page, without an error.
  expect(Array.from(await product.data())).toEqual([58, 64, 139, 154]);
  for (const tensor of [left, right, product]) tensor.dispose();
});

/** The webgpu backend registers itself on import, and without an adapter it fails later with an obscure message: ask for one first. */
async function importWebgpu(): Promise<void> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('this Chromium offers no WebGPU adapter, not even SwiftShader');
  await import('@tensorflow/tfjs-backend-webgpu');
}
