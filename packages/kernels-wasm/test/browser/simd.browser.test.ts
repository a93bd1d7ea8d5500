import { createField, siren } from '@neural-fields/core';
import { expectCloseInNorm } from '@neural-fields/testing';
import { add, engine, ready, scalar, setBackend, sum, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { SimdBackend } from '../../src/index.ts';
import { loadKernels } from '../../src/load-kernels.ts';
import '../../src/index.ts';

const measure = async (backend: string): Promise<Float32Array[]> => {
  await setBackend(backend);
  await ready();
  const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 40, hiddenLayers: 1, omega0: 5, omegaHidden: 5 };
  const field = createField(siren(size), { seed: 1 });
  const coords = tensor2d(
    Float32Array.from({ length: 1000 }, (_, i) => Math.sin(1.3 * i)),
    [500, 2],
  );
  const { laplacian } = field.jet(coords, { laplacian: true });
  const { grads } = engine().gradients(
    () => {
      const jet = field.jet(coords, { laplacian: true });
      return sum(add(jet.value, jet.laplacian));
    },
    Object.values(field.parameters) as Tensor[],
    scalar(1),
    false,
  );
  return Promise.all([laplacian, ...grads].map(async part => (await part.data()) as Float32Array));
};

test('the page shares memory, so the kernels have threads', async () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  const { pool } = await loadKernels({ threads: 3 });
  expect(pool.count).toBe(3);
  pool.dispose();
});

test('the fused field jet agrees with the composed one in a page', async () => {
  const [simd, cpu] = [await measure('simd'), await measure('cpu')];
  const all = Math.max(...cpu.slice(1).flatMap(values => [...values].map(Math.abs)));
  expectCloseInNorm(simd[0] as Float32Array, cpu[0] as Float32Array, { relative: 1e-4 });
  for (const [index, values] of cpu.slice(1).entries())
    expectCloseInNorm(simd[index + 1] as Float32Array, values, { absolute: 1e-4 * all });
});

test('the backend still works after its threads have ended', async () => {
  const before = await measure('simd');
  (engine().backend as SimdBackend).kernels.pool.dispose();
  const after = await measure('simd');
  for (const [index, values] of before.entries())
    expectCloseInNorm(after[index] as Float32Array, values, { relative: 1e-4 });
});
