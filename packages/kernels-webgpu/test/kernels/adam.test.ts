import '../setup/node.ts';
import { adam, createRng } from '@neural-fields/core';
import { expectClose, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, setBackend, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { backend, onGpu } from '../setup/gpu.ts';

onGpu();

const normalValues = (count: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
};

/** Every second one is 0, on average. */
const sparseValues = (seed: number): Float32Array => normalValues(1001, seed).map(value => Math.max(0, value));

it.each([false, true])('agrees with the cpu backend to rounding, lazy: %s', async lazy => {
  const run = async (name: string): Promise<Float32Array> => {
    await setBackend(name);
    const optimizer = adam({ learningRate: 1e-2, weightDecay: 0.1, epsilon: 1e-4, lazy });
    let parameters: Tensor1D = tensor1d(normalValues(1001, 1));
    let state: readonly Tensor1D[] = [0, 1].map(() => tensor1d(new Float32Array(1001)));
    for (let step = 1; step <= 20; step++) {
      const gradient = tensor1d(sparseValues(10 + step));
      ({ parameters, state } = optimizer.update({ parameters, gradient, state, step, learningRate: 1e-2 }));
    }
    return (await parameters.data()) as Float32Array;
  };
  const [actual, expected] = [await run('webgpu'), await run('cpu')];
  // Twenty steps with about ten roundings each in both implementations, on parameters of order one.
  expectClose(actual, expected, { absolute: 100 * FLOAT32_ROUNDOFF, relative: 100 * FLOAT32_ROUNDOFF });
});

it('is one kernel, one dispatch and one submission, and leaves no tensors behind', async () => {
  const vectors = [1, 2, 3, 4].map(seed => tensor1d(normalValues(8, seed).map(Math.abs)));
  const [parameters, gradient, first, second] = vectors as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
  const before = { tensors: engine().memory().numTensors, ...backend().counters };
  const { kernelNames } = await engine().profile(() => {
    const next = adam().update({ parameters, gradient, state: [first, second], step: 1, learningRate: 1 });
    for (const vector of [next.parameters, ...next.state]) vector.dispose();
    return [];
  });
  expect(kernelNames).toEqual(['NeuralFieldsAdamUpdate']);
  const { dispatches, submissions } = backend().counters;
  expect([dispatches - before.dispatches, submissions - before.submissions]).toEqual([1, 1]);
  expect(engine().memory().numTensors).toBe(before.tensors);
});
