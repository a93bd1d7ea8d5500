import { getBackend, matMul, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { importWebgpu } from './setup-backends.ts';

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
