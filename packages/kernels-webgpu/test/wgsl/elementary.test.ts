/** @file Compares the elementary functions with float64. */
import '../setup/node.ts';
import { cos, engine, sin, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { kernelsOf } from '../../src/device/kernels.ts';
import { mapTensor } from '../../src/kernels/sine-cosine.ts';
import { exponential, hyperbolicTangent, logistic, sineAndCosine, softplus } from '../../src/wgsl/elementary.ts';
import { elementwise } from '../../src/wgsl/elementwise.ts';
import { backend, onGpu } from '../setup/gpu.ts';

onGpu();

/** `count` equidistant values in an interval, as float32. */
const spread = (from: number, to: number, count = 20_001): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const run = async (expression: string, declarations: readonly string[], x: Float32Array): Promise<Float32Array> => {
  const result = mapTensor(kernelsOf(backend()), elementwise(expression, expression, declarations), tensor1d(x));
  return (await engine().makeTensorFromTensorInfo(result).data()) as Float32Array;
};

/** The maximum of |f - exact| / scale. */
const maxError = (
  x: Float32Array,
  f: Float32Array,
  exact: (x: number) => number,
  scale: (value: number) => number = () => 1,
): number => x.reduce((most, at, i) => Math.max(most, Math.abs((f[i] as number) - exact(at)) / scale(exact(at))), 0);

describe('sine and cosine', () => {
  it.each(['sine', 'cosine'] as const)('%s is within 2e-7 up to 1,200', async part => {
    const exact = part === 'sine' ? Math.sin : Math.cos;
    for (const x of [spread(-1200, 1200), spread(-4, 4), spread(1199, 1200)])
      expect(maxError(x, await run(`sineAndCosine(x).${part}`, [sineAndCosine], x), exact)).toBeLessThan(2e-7);
  });

  it('is within 2e-6 up to 16,384, and stays between -1 and 1 beyond', async () => {
    const x = spread(-16_383, 16_383);
    expect(maxError(x, await run('sineAndCosine(x).sine', [sineAndCosine], x), Math.sin)).toBeLessThan(2e-6);
    const far = await run('sineAndCosine(x).sine', [sineAndCosine], spread(1e5, 1e30));
    expect(far.every(value => Math.abs(value) <= 1)).toBe(true);
  });

  it('replace those of tfjs on this backend', async () => {
    const x = spread(-100, 100, 1001);
    const tensor: Tensor1D = tensor1d(x);
    expect(maxError(x, (await sin(tensor).data()) as Float32Array, Math.sin)).toBeLessThan(2e-7);
    expect(maxError(x, (await cos(tensor).data()) as Float32Array, Math.cos)).toBeLessThan(2e-7);
  });
});

it('exponential is within 3e-7 of the value, to 0 and to infinity', async () => {
  const x = spread(-87, 88);
  expect(maxError(x, await run('exponential(x)', [exponential], x), Math.exp, Math.abs)).toBeLessThan(3e-7);
  expect([...(await run('exponential(x)', [exponential], Float32Array.of(-1000, 0, 1000)))]).toEqual([0, 1, Infinity]);
});

it('hyperbolic tangent is within 2e-7, and within 3e-7 of the value near 0', async () => {
  const x = spread(-20, 20);
  const declarations = [exponential, hyperbolicTangent];
  expect(maxError(x, await run('hyperbolicTangent(x)', declarations, x), Math.tanh)).toBeLessThan(2e-7);
  const near = spread(1e-6, 0.7);
  expect(maxError(near, await run('hyperbolicTangent(x)', declarations, near), Math.tanh, Math.abs)).toBeLessThan(3e-7);
  expect([...(await run('hyperbolicTangent(x)', declarations, Float32Array.of(-100, 0, 100)))]).toEqual([-1, 0, 1]);
});

it('logistic is within 5e-7 of the value', async () => {
  const x = spread(-80, 80);
  const exact = (at: number): number => 1 / (1 + Math.exp(-at));
  expect(maxError(x, await run('logistic(x)', [exponential, logistic], x), exact, Math.abs)).toBeLessThan(5e-7);
});

it('softplus is within 5e-7 of the value', async () => {
  const x = spread(-80, 80);
  const exact = (at: number): number => Math.max(at, 0) + Math.log1p(Math.exp(-Math.abs(at)));
  expect(maxError(x, await run('softplus(x)', [exponential, softplus], x), exact, Math.abs)).toBeLessThan(5e-7);
});
