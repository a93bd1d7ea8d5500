import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adam, createField, fit, type PointSource, siren, term } from '@neural-fields/core';
import { memory, ready, setBackend, squaredDifference, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { backend } from './simd-backend.ts';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

const points: PointSource = {
  inFeatures: 1,
  pointsPerStep: 16,
  fixed: false,
  draw: (start, count) => {
    const coords = Float32Array.from({ length: count }, (_, i) => (start + i) / 8 - 1);
    return { coords, targets: { value: coords.map(x => x * x) } };
  },
};

/** Creates a tiny field, fits it for three steps and disposes of it; odd seeds use second derivatives. */
const fitOnce = async (seed: number): Promise<void> => {
  const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed });
  const target = (batch: { readonly targets: Readonly<Record<string, Tensor>> }): Tensor =>
    batch.targets['value'] as Tensor;
  const task =
    seed % 2 === 0
      ? term({ points, loss: ({ value }, batch) => squaredDifference(value, target(batch)) })
      : term({
          points,
          derivatives: { laplacian: true },
          loss: ({ laplacian }, batch) => squaredDifference(laplacian, target(batch)),
        });
  for await (const _ of fit(field, [task], { steps: 3, optimizer: adam({ learningRate: 1e-3 }) }));
  field.dispose();
};

/** Each fit compiles a program, and an engine with free memory may not collect thousands of them. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The minimum resident memory over some readings, each after a garbage collection. */
const minMemory = async (readings: number, fits: number, from: number): Promise<number> => {
  let minimum = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < readings; reading++) {
    for (let i = 0; i < fits; i++) await fitOnce(from + reading * fits + i);
    collectGarbage();
    minimum = Math.min(minimum, process.memoryUsage.rss());
  }
  return minimum;
};

test('two thousand fits leak neither tensors nor memory', async () => {
  await minMemory(5, 100, 0); // compilers and heaps settle
  const [tensors, kernelBytes] = [memory().numTensors, backend().kernels.arena.memory.buffer.byteLength];
  const early = await minMemory(5, 100, 500);
  const late = await minMemory(10, 100, 1000);
  expect(memory().numTensors).toBe(tensors);
  expect(memory().numBytes).toBeLessThan(2 ** 20);
  expect(backend().kernels.arena.memory.buffer.byteLength).toBe(kernelBytes);
  // A leak of 64 KiB per fit, a page of WebAssembly memory, would add up to about 45 MiB.
  expect(late - early).toBeLessThan(24 * 2 ** 20);
});
