/** @file The same work on this backend and on tfjs's cpu backend. */
import { createRng } from '@neural-fields/core';
import { expectCloseInNorm, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, ready, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import '../../src/index.ts';

/** Normally distributed numbers. */
export const numbers = (size: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: size }, () => rng.normal());
};

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

export type Inputs = readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];

/** Tensors of some shapes, as numbers. */
export const given = (...shapes: readonly (readonly number[])[]): Inputs =>
  shapes.map((shape, index) => ({ shape, values: numbers(sizeOf(shape), index + 1) }));

/** Works something out on a backend. */
export const on = async (
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

/** Expects the same of both backends, to `relative` of the norm. */
export const expectLikeCpu = async (
  inputs: Inputs,
  work: (...tensors: Tensor[]) => Tensor,
  relative = 0,
): Promise<void> => {
  const [actual, expected] = [await on('simd', inputs, work), await on('cpu', inputs, work)];
  expect(actual.shape).toEqual(expected.shape);
  expectCloseInNorm(actual.values, expected.values, { relative });
};

/** Rounding of sums of up to a few thousand products. */
export const SUMS: number = 200 * FLOAT32_ROUNDOFF;
