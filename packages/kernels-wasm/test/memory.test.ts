import { adam, createField, type Field, fit, type PointSource, siren, term } from '@neural-fields/core';
import { expectCloseInNorm } from '@neural-fields/testing';
import { matMul, memory, mul, setBackend, squaredDifference, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createSimdBackend, KernelMemoryError } from '../src/index.ts';
import { useSimd } from './simd-backend.ts';

const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 24,
  fixed: false,
  draw: (_start, count) => ({
    coords: Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(1 + 1.3 * i)),
    targets: { value: Float32Array.from({ length: count }, (_, i) => Math.cos(i)) },
  }),
};

const createSiren = (hiddenFeatures: number, hiddenLayers = 1): Field =>
  createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0: 5 }), { seed: 1 });

const fitField = async (field: Field): Promise<number[]> => {
  const loss = (
    { value }: { readonly value: Tensor },
    batch: { readonly targets: Readonly<Record<string, Tensor>> },
  ): Tensor => squaredDifference(value, batch.targets['value'] as Tensor);
  const losses: number[] = [];
  for await (const { loss: at } of fit(field, [term({ points, loss })], {
    steps: 4,
    optimizer: adam({ learningRate: 1e-4 }),
  }))
    losses.push(at as number);
  return losses;
};

describe('running out of memory', () => {
  it('throws KernelMemoryError, after which the backend works and no tensors are left behind', async () => {
    const { kernels } = await useSimd({ maximumMemory: 4 * 2 ** 20, threads: 2 });
    const wide = createSiren(768);
    const { numTensors } = memory();
    await expect(fitField(wide)).rejects.toThrow(KernelMemoryError);
    await expect(fitField(wide)).rejects.toThrow(/^simd: cannot allocate \d+ MiB for the kernels$/);
    expect(memory().numTensors).toBe(numTensors);
    const losses = await fitField(createSiren(16));
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(kernels.arena.memory.buffer.byteLength).toBeLessThanOrEqual(4 * 2 ** 20);
  });

  it('throws it too when the engine cannot allocate a tensor', async () => {
    await useSimd({});
    const [column, row] = [
      tensor2d(new Float32Array(2 ** 18), [2 ** 18, 1]),
      tensor2d(new Float32Array(2 ** 18), [1, 2 ** 18]),
    ];
    expect(() => mul(column, row)).toThrow(KernelMemoryError);
    expect(() => matMul(column, row)).toThrow('simd: cannot allocate 262144 MiB for a tensor');
    expect((await mul(tensor2d([[2]]), tensor2d([[3]])).data())[0]).toBe(6);
  });

  it('options out of range are errors', async () => {
    await expect(createSimdBackend({ maximumMemory: 1000 })).rejects.toThrow(
      new RangeError('simd: maximumMemory must be at least 1 MiB, got 1000 bytes'),
    );
    await expect(createSimdBackend({ threads: 17 })).rejects.toThrow(
      new RangeError('simd: threads must be an integer from 1 to 16, got 17'),
    );
  });
});

describe('networks of millions of parameters', () => {
  it('of width 1,024 and depth 3 have the jets of the cpu backend, and learn', async () => {
    const { kernels } = await useSimd({});
    const field = createSiren(1024, 2);
    expect(Object.values(field.parameters).reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(2_000_000);
    const coords = Float32Array.from({ length: 16 }, (_, i) => Math.sin(2 + 1.7 * i));
    const measure = async (of: Field): Promise<Float32Array[]> => {
      const { value, gradient, laplacian } = of.jet(tensor2d(coords, [8, 2]), { gradient: true, laplacian: true });
      return (await Promise.all([value.data(), gradient.data(), laplacian.data()])) as Float32Array[];
    };
    const actual = await measure(field);
    const losses = await fitField(field);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(kernels.arena.memory.buffer.byteLength).toBeLessThan(128 * 2 ** 20);
    await setBackend('cpu');
    // Three layers with sums of a thousand terms, at second order.
    for (const [index, values] of (await measure(createSiren(1024, 2))).entries())
      expectCloseInNorm(actual[index] as Float32Array, values, { relative: 2e-5 });
  });
});
