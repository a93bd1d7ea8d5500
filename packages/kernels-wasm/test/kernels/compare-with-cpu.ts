/** @file Compares this backend with tfjs's cpu backend. */
import { createRng } from '@neural-fields/core';
import { expectCloseInNorm, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, ready, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import '../../src/index.ts';

/** Normally distributed values. */
export const normalValues = (size: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: size }, () => rng.normal());
};

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

export type Inputs = readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];

/** Inputs of these shapes. */
export const inputsOf = (...shapes: readonly (readonly number[])[]): Inputs =>
  shapes.map((shape, index) => ({ shape, values: normalValues(sizeOf(shape), index + 1) }));

/** Runs a function on a backend. */
export const runOn = async (
  backend: string,
  inputs: Inputs,
  work: (...tensors: Tensor[]) => Tensor,
): Promise<{ readonly shape: readonly number[]; readonly values: Float32Array }> => {
  await setBackend(backend);
  await ready();
  engine().startScope();
  const result = work(...inputs.map(({ shape, values }) => tensor(values.slice(), [...shape])));
  const values = (await result.data()) as Float32Array;
  const { shape } = result;
  engine().endScope();
  return { shape, values };
};

/** Expects the same result from both backends, up to `relative` times its norm. */
export const expectSameAsCpu = async (
  inputs: Inputs,
  work: (...tensors: Tensor[]) => Tensor,
  relative = 0,
): Promise<void> => {
  const [actual, expected] = [await runOn('simd', inputs, work), await runOn('cpu', inputs, work)];
  expect(actual.shape).toEqual(expected.shape);
  expectCloseInNorm(actual.values, expected.values, { relative });
};

/** Rounding error of sums of up to a few thousand products. */
export const SUM_ROUNDOFF: number = 200 * FLOAT32_ROUNDOFF;
