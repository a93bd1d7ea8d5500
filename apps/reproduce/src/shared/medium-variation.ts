/** @file A prior on the medium of an inversion. */
import { type Term, term } from '@neural-fields/core';
import { uniform } from '@neural-fields/signals';
import { add, slice, sqrt, square, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * Slopes below this length, in units of m per unit of coordinate, count quadratically, so that the length has a
 * gradient everywhere.
 */
const SMALL = 0.01;

/** sqrt(|grad m|^2 + 0.01^2) of the last output: `f32[n, d, o]` to `f32[n, 1]`. */
export const mediumSlope = (gradient: Tensor3D): Tensor2D => {
  const [n, d, outFeatures] = gradient.shape;
  return sqrt(add(sum<Tensor2D>(square(slice(gradient, [0, 0, outFeatures - 1], [n, d, 1])), 1), SMALL ** 2));
};

/**
 * The total variation of the medium: {@link mediumSlope}, averaged over points of [-extent, extent]^2. It favours media
 * with few edges, which may be steep. Rudin, Osher and Fatemi 1992, "Nonlinear total variation based noise removal
 * algorithms".
 */
export const mediumVariation = ({
  extent,
  count,
  weight,
}: {
  readonly extent: number;
  readonly count: number;
  readonly weight: number;
}): Term => {
  const interval = [-extent, extent] as const;
  return term({
    name: 'variation',
    points: uniform([interval, interval], { count }),
    derivatives: { gradient: true },
    loss: ({ gradient }) => mediumSlope(gradient),
    weight,
  });
};
