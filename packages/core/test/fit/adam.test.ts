import '@tensorflow/tfjs-backend-cpu';
import { expectClose, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { setBackend, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdamOptions, adam, createRng } from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

/** The same algorithm element by element in float64, as PyTorch documents it for `torch.optim.Adam`. */
const reference = (
  gradients: readonly number[][],
  start: readonly number[],
  options: Required<AdamOptions>,
): number[] => {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  const p = [...start];
  const m = start.map(() => 0);
  const v = start.map(() => 0);
  for (const [index, gradient] of gradients.entries())
    for (const i of p.keys()) {
      const g = (gradient[i] as number) + weightDecay * (p[i] as number);
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
      const mHat = (m[i] as number) / (1 - beta1 ** (index + 1));
      const vHat = (v[i] as number) / (1 - beta2 ** (index + 1));
      p[i] = (p[i] as number) - (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
    }
  return p;
};

const updated = async (
  gradients: readonly number[][],
  start: readonly number[],
  options: AdamOptions,
): Promise<Float32Array> => {
  const optimizer = adam(options);
  let parameters: Tensor1D = tensor1d([...start]);
  let state: readonly Tensor1D[] = [tensor1d(start.map(() => 0)), tensor1d(start.map(() => 0))];
  for (const [index, gradient] of gradients.entries()) {
    const learningRate = optimizer.learningRate;
    ({ parameters, state } = optimizer.update({
      parameters,
      gradient: tensor1d(gradient),
      state,
      step: index + 1,
      learningRate,
    }));
  }
  return (await parameters.data()) as Float32Array;
};

describe('adam', () => {
  it.each([
    { learningRate: 1e-2 },
    { learningRate: 1e-1, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
    { learningRate: 1e-2, weightDecay: 0.1 },
  ] as const)('follows the algorithm with %o', async options => {
    const rng = createRng(2);
    const start = Array.from({ length: 20 }, () => rng.normal());
    // Gradients over eight orders of magnitude: near epsilon its position outside of the root matters.
    const gradients = Array.from({ length: 30 }, () => start.map((_, i) => rng.normal() * 10 ** ((i % 8) - 7)));
    const expected = reference(gradients, start, {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      lazy: false,
      ...options,
    });
    // Thirty steps of about ten roundings each, on parameters of order one.
    expectClose(await updated(gradients, start, options), expected, {
      relative: 50 * FLOAT32_ROUNDOFF,
      absolute: 50 * FLOAT32_ROUNDOFF,
    });
  });

  it('agrees with torch.optim.Adam', async () => {
    // torch 2: p = tensor([1., -2., 3.]); Adam(lr=0.1, betas=(0.9, 0.99), eps=1e-2); gradients [i + 1, -0.001, 0.5 - i]
    // for i = 0 ... 4, float64.
    const gradients = [0, 1, 2, 3, 4].map(i => [i + 1, -0.001, 0.5 - i]);
    expectClose(await updated(gradients, [1, -2, 3], { learningRate: 0.1, beta2: 0.99, epsilon: 1e-2 }), TORCH, {
      relative: 1e-6,
    });
  });

  it('leaves elements without gradient as they are where it is lazy, and moves the others as Adam does', async () => {
    const run = async (lazy: boolean): Promise<Float32Array[]> => {
      const optimizer = adam({ learningRate: 0.1, weightDecay: 0.5, lazy });
      let parameters: Tensor1D = tensor1d([1, 2, 3]);
      let state: readonly Tensor1D[] = [tensor1d([0, 0, 0]), tensor1d([0, 0, 0])];
      for (const [index, gradient] of [
        [1, 0, 2],
        [1, 0, 0],
        [-1, 0, 4],
      ].entries())
        ({ parameters, state } = optimizer.update({
          parameters,
          gradient: tensor1d(gradient),
          state,
          step: index + 1,
          learningRate: 0.1,
        }));
      return Promise.all([parameters, ...state].map(async vector => Float32Array.from(await vector.data())));
    };
    const [lazy, dense] = [await run(true), await run(false)];
    expect(lazy.map(vector => vector[0])).toEqual(dense.map(vector => vector[0]));
    expect(lazy.map(vector => vector[1])).toEqual([2, 0, 0]);
    expect(dense[0]?.[1]).toBeLessThan(2);
    // The third element moved in steps 1 and 3 alone: g = 2 + 0.5 * 3 = 3.5, then 4 + 0.5 * 2.9.
    expect(lazy[1]?.[2]).toBeCloseTo(0.9 * 0.35 + 0.1 * (4 + 0.5 * 2.9), 5);
    expect(adam({ lazy: true }).settings).toEqual({ ...adam().settings, lazy: 1 });
    expect(() => adam({ lazy: JSON.parse('1') })).toThrow('adam: lazy must be true or false, got 1');
  });

  it.each([{ beta1: 1 }, { beta2: -0.1 }, { learningRate: Number.NaN }, { epsilon: -1 }, { weightDecay: -1 }])(
    'rejects %o',
    options => {
      expect(() => adam(options)).toThrow(RangeError);
    },
  );
});

/** Printed by torch 2.15. */
const TORCH = [0.5187969034064563, -1.9545454545454548, 3.1223009091734966];
