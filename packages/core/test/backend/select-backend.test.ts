import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expectCloseInNorm, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, getBackend, matMul, mul, scalar, setBackend, sum, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { BackendError, createRng, selectBackend } from '../../src/index.ts';

const load = (): Promise<void> => Promise.resolve();

describe('selectBackend', () => {
  it('selects the best registered backend, with the reason', async () => {
    expect(await selectBackend()).toEqual({
      name: 'wasm',
      reason: 'it is the best of the candidates',
      considered: [{ name: 'wasm', usable: true, reason: 'it is the best of the candidates' }],
    });
    expect(getBackend()).toBe('wasm');
  });

  it('selects the requested backend', async () => {
    expect((await selectBackend('cpu')).reason).toBe('it was requested');
    expect(getBackend()).toBe('cpu');
  });

  it('skips backends that cannot be loaded, with the reason', async () => {
    const candidates = [
      { name: 'webgpu', load },
      { name: 'tensorflow', load: () => Promise.reject(new Error('@tensorflow/tfjs-node is not installed')) },
      { name: 'cpu', load },
    ];
    const { name, reason, considered } = await selectBackend('auto', candidates);
    expect(name).toBe('cpu');
    expect(reason).toContain('tensorflow: @tensorflow/tfjs-node is not installed');
    expect(considered.map(verdict => [verdict.name, verdict.usable])).toEqual([
      ['webgpu', false],
      ['tensorflow', false],
      ['cpu', true],
    ]);
  });

  it('rejects an unknown name, and explains when no backend works', async () => {
    await expect(selectBackend('cuda', [{ name: 'cpu', load }])).rejects.toThrow(
      "no backend 'cuda'; the candidates: cpu",
    );
    await expect(selectBackend('abacus', [{ name: 'abacus', load }])).rejects.toThrow(
      "abacus: its package did not register 'abacus' with tfjs",
    );
    const failing = [{ name: 'abacus', load: () => Promise.reject(new Error('no beads')) }];
    const error = await selectBackend('auto', failing).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({
      caller: 'selectBackend',
      wanted: 'auto',
      reason: 'no backend can be used: abacus: no beads',
      considered: [{ name: 'abacus', usable: false, reason: 'no beads' }],
    });
  });
});

describe('the matrix product gradient on wasm', () => {
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('is the same as on cpu with transposes %s, %s', async (transposeA, transposeB) => {
    const rng = createRng(1);
    const random = (shape: number[]): Float32Array =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, rng.normal);
    const shapes = [transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 5, 4] : [2, 4, 5], [2, 3, 5]];
    const values = shapes.map(random);
    const gradients = async (backend: string): Promise<number[][]> => {
      await selectBackend(backend);
      const [a, b, weight] = values.map((data, i) => tensor(data, shapes[i])) as [Tensor, Tensor, Tensor];
      const { grads } = engine().gradients(
        () => sum(mul(matMul(a, b, transposeA, transposeB), weight)),
        [a, b],
        scalar(1),
        false,
      );
      return Promise.all(grads.map(async (gradient: Tensor) => [...(await gradient.data())]));
    };
    const [expected, actual] = [await gradients('cpu'), await gradients('wasm')];
    for (const [i, gradient] of expected.entries())
      expectCloseInNorm(actual[i] as number[], gradient, { relative: 8 * FLOAT32_ROUNDOFF });
    await setBackend('cpu');
  });
});
