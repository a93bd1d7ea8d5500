/** @file Small known signals for tests of the fit loop. */
import { squaredDifference, type Tensor } from '@tensorflow/tfjs-core';
import { type LbfgsOptions, lbfgs, type PointLoss, type PointSource, type SearchOptimizer } from '../../src/index.ts';

/** `side * side` points of a smooth 2D function, the same at every step. */
export const smoothImage = (side: number): PointSource => {
  const n = side * side;
  const coords = new Float32Array(2 * n);
  const value = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const [y, x] = [(2 * Math.floor(i / side)) / (side - 1) - 1, (2 * (i % side)) / (side - 1) - 1];
    coords.set([y, x], 2 * i);
    value[i] = 0.7 * Math.sin(3 * x + 1) * Math.cos(4 * y) + 0.2 * x;
  }
  return {
    inFeatures: 2,
    pointsPerStep: n,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(2 * start, 2 * (start + count)),
      targets: { value: value.slice(start, start + count) },
    }),
  };
};

/** New random points of the same function at every step. */
export const randomPoints = (pointsPerStep: number): PointSource => ({
  inFeatures: 2,
  pointsPerStep,
  fixed: false,
  draw(_, count, rng) {
    const coords = Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1);
    const value = Float32Array.from(
      { length: count },
      (_, i) => Math.sin(3 * (coords[2 * i] as number)) * (coords[2 * i + 1] as number),
    );
    return { coords, targets: { value } };
  },
});

/** The squared error of the value. */
export const squaredError: PointLoss = ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor);

/** L-BFGS that accepts points which are drawn anew: a search optimizer on the points of each step. */
export const lbfgsOfEachStep = (options?: LbfgsOptions): SearchOptimizer => ({
  ...lbfgs(options),
  needsFixedPoints: false,
});
