/** @file Forward passes that keep their tiles for the backward pass. */
import { createField, siren } from '@neural-fields/core';
import type { KernelProgram } from '@neural-fields/core/kernels';
import {
  add,
  engine,
  ready,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  type TensorInfo,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadKernels } from '../../src/load-kernels.ts';
import { encodeProgram } from '../../src/program/encode-program.ts';
import { Runner } from '../../src/program/run-program.ts';
import { KeptForward } from '../../src/wasm/kept-forward.ts';
import { Arena, createMemory } from '../../src/wasm/memory.ts';
import '../../src/index.ts';
import { fixedValues, network, parameters } from './chain.ts';

const POINTS = 1001;
const coords = fixedValues(2 * POINTS, 3, 1);

describe('tiles kept by a forward pass', () => {
  it.each([
    { what: 'the value', order: 0 },
    { what: 'the adjoint', order: 1 },
  ] as const)('give bitwise the same gradients as recomputed ones, however many are kept: $what', async ({ order }) => {
    const kernels = await loadKernels({ threads: 2 });
    const program: KernelProgram = { ...network, shape: { inFeatures: 2, order } };
    const encoded = encodeProgram(kernels.machine, program, 'backward');
    const plain = new Runner(kernels.machine, encodeProgram(kernels.machine, program, 'forward'));
    const runner = new Runner(kernels.machine, encoded);
    const upstream = [fixedValues(POINTS, 4, 1), fixedValues(2 * POINTS, 6, 1)].slice(0, 1 + order);
    const given = { inputs: [coords], parameters, upstream, total: POINTS };
    const outputs = plain.forward([coords], parameters, POINTS);
    const expected = runner.backward(given);
    for (const tiles of [0, 1, 3, 1000]) {
      const bytes = tiles * encoded.scratchBytes;
      const kept = { address: kernels.arena.take(bytes), bytes };
      expect(runner.forward([coords], parameters, POINTS, kept)).toEqual(outputs);
      expect(runner.backward(given, kept)).toEqual(expected);
    }
    kernels.pool.dispose();
  });

  it('can be claimed once, after the last pass, for the same tensors', () => {
    const kept = new KeptForward(new Arena(createMemory()));
    const tensorOf = (): TensorInfo => ({ dataId: {}, shape: [1], dtype: 'float32' });
    const [a, b] = [tensorOf(), tensorOf()];
    const tensors = [a, b];
    const owner = {};
    expect(kept.claim(owner, tensors)).toBeUndefined();
    const tiles = kept.start();
    kept.remember(owner, tensors);
    expect(kept.claim({}, tensors)).toBeUndefined();
    expect(kept.claim(owner, [b, a])).toBeUndefined();
    expect(kept.claim(owner, tensors)).toEqual(tiles);
    expect(kept.claim(owner, tensors)).toBeUndefined();
    kept.remember(owner, tensors);
    kept.start();
    expect(kept.claim(owner, tensors)).toBeUndefined();
  });

  it('are undefined when there is not enough memory', () => {
    expect(new KeptForward(new Arena(createMemory(2 ** 20))).start()).toBeUndefined();
  });

  it('of two forward passes before their backward passes are not mixed up', async () => {
    await setBackend('simd');
    await ready();
    const field = createField(
      siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 5 }),
      {
        seed: 1,
      },
    );
    const variables = Object.values(field.parameters) as Tensor[];
    const parts = [0, 1].map(shift => tensor2d(fixedValues(80, shift, 1), [40, 2]));
    const gradientOf = (points: readonly Tensor[]): Promise<Float32Array>[] =>
      engine()
        .gradients(
          () => points.map(each => sum(field.jet(each as Tensor2D, {}).value)).reduce((x, y) => add(x, y)),
          variables,
          scalar(1),
          false,
        )
        .grads.map(async gradient => (await gradient.data()) as Float32Array);
    const [both, first, second] = await Promise.all(
      [parts, [parts[0]], [parts[1]]].map(each => Promise.all(gradientOf(each as Tensor[]))),
    );
    for (const [index, values] of (both as Float32Array[]).entries())
      for (const [i, value] of values.entries())
        expect(Math.abs(value - (first?.[index]?.[i] as number) - (second?.[index]?.[i] as number))).toBeLessThan(
          1e-5 * (1 + Math.abs(value)),
        );
  });
});
