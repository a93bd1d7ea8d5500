import { adam } from '@neural-fields/core';
import { expectClose, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, ready, setBackend, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { normalValues } from './compare-with-cpu.ts';

/** Every second one is 0, on average. */
const sparseValues = (seed: number): Float32Array => normalValues(1001, seed).map(value => Math.max(0, value));

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

describe('adam', () => {
  it.each([false, true])('agrees with the cpu backend to rounding, lazy: %s', async lazy => {
    const run = async (backend: string): Promise<Float32Array> => {
      await setBackend(backend);
      const optimizer = adam({ learningRate: 1e-2, weightDecay: 0.1, epsilon: 1e-4, lazy });
      let parameters: Tensor1D = tensor1d(normalValues(1001, 1));
      let state: readonly Tensor1D[] = [0, 1].map(() => tensor1d(new Float32Array(1001)));
      for (let step = 1; step <= 20; step++)
        ({ parameters, state } = optimizer.update({
          parameters,
          gradient: tensor1d(sparseValues(10 + step)),
          state,
          step,
          learningRate: 1e-2,
        }));
      return (await parameters.data()) as Float32Array;
    };
    const [actual, expected] = [await run('simd'), await run('cpu')];
    // Twenty steps with about ten roundings each in the composed implementation, on parameters of order one.
    expectClose(actual, expected, { absolute: 50 * FLOAT32_ROUNDOFF, relative: 50 * FLOAT32_ROUNDOFF });
  });

  it('runs as one kernel and leaves no tensors behind', async () => {
    const [parameters, gradient, first, second] = [1, 2, 3, 4].map(seed =>
      tensor1d(normalValues(8, seed).map(Math.abs)),
    ) as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
    const before = engine().memory().numTensors;
    const { kernelNames } = await engine().profile(() => {
      const next = adam().update({ parameters, gradient, state: [first, second], step: 1, learningRate: 1 });
      for (const vector of [next.parameters, ...next.state]) vector.dispose();
      return [];
    });
    expect(kernelNames).toEqual(['NeuralFieldsAdamUpdate']);
    expect(engine().memory().numTensors).toBe(before);
  });
});
