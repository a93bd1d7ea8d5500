/** @file Paths between latents, and samples of the latent space. */

import type { Rng } from '@neural-fields/core';
import { assertCount } from '@neural-fields/core/options';
import {
  add,
  matMul,
  moments,
  mul,
  sqrt,
  sub,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';

/**
 * Latents on the line from one to another: `f32[count, L]`, row i is (1 - t) from + t to with t = i / (count - 1).
 *
 * @param from `f32[1, L]`
 * @param to `f32[1, L]`
 * @throws RangeError when they are not single latents of one length, or the count is less than 2
 */
export const interpolateLatents = (from: Tensor2D, to: Tensor2D, count: number): Tensor2D => {
  assertCount('interpolateLatents: count', count, 2);
  const shapes = [from.shape, to.shape];
  if (shapes.some(([rows, length]) => rows !== 1 || length !== from.shape[1]))
    throw new RangeError(
      `interpolateLatents: from and to must be [1, L], got ${shapes.map(shape => `[${shape.join(', ')}]`).join(' and ')}`,
    );
  const t = Float32Array.from({ length: count }, (_, i) => i / (count - 1));
  return tidy(() => add(from, matMul(tensor2d(t, [count, 1]), sub(to, from))));
};

/** The distribution of latents: independent normal ones with these means and standard deviations, each `f32[L]`. */
export interface LatentStatistics {
  readonly mean: Tensor1D;
  readonly deviation: Tensor1D;
}

/** The mean and standard deviation of each component of latents `f32[n, L]`, e.g. those of the training set. */
export const latentStatistics = (latents: Tensor2D): LatentStatistics =>
  tidy(() => {
    const { mean, variance } = moments(latents, 0);
    return { mean: mean as Tensor1D, deviation: sqrt(variance) as Tensor1D };
  }) as LatentStatistics & Record<string, Tensor1D>;

/** Draws latents `f32[count, L]` from a distribution. @throws RangeError when the count is not a positive integer */
export const sampleLatents = ({ mean, deviation }: LatentStatistics, count: number, rng: Rng): Tensor2D => {
  assertCount('sampleLatents: count', count);
  const [length] = mean.shape;
  const normal = Float32Array.from({ length: count * length }, () => rng.normal());
  return tidy(() => add(mean, mul(tensor2d(normal, [count, length]), deviation)));
};
