/**
 * @file How much of a step is matrix products, for the rate that `simd` reaches.
 *
 * A dense layer with i inputs and o outputs takes i o products and sums for each row of the jet: one row for values, three for values with both
 * slopes, four with the Laplacian too. Each row is needed once forward and twice in reverse (for the weights' gradient and for the rows before).
 * The gradient of a field with one output can be had with fewer, and `simd` does: by a reverse pass inside the field, forward 1 + 1 rows, and
 * backwards through both 2 + 2. Where the loss is not part of the kernel, the forward pass is worked out a second time before the reverse.
 */
import { layerSizes } from '../peers/problem-data.ts';
import type { Case } from './results.ts';

/** The matrix products of a layer in a step, [forward, reverse], as `simd` does them. */
const PRODUCTS = { value: [1, 2], gradient: [2, 4], laplacian: [4, 8] } as const;

/** The floating-point operations of matrix products that a step of `simd` does: two for each product and sum. */
export const matrixOperations = ({ supervision, width, points }: Case, forwardPasses: number): number => {
  const sizes = layerSizes(width);
  const weights = sizes.slice(1).reduce((sum, size, i) => sum + size * (sizes[i] as number), 0);
  const [forward, reverse] = PRODUCTS[supervision];
  return 2 * points * weights * (forwardPasses * forward + reverse);
};
