import type { Rng } from '@neural-fields/core';

/**
 * A number from the gamma distribution with this shape and rate 1: Marsaglia and Tsang 2000, "A simple method for
 * generating gamma variables"; for a shape below 1 their section 6.
 */
export const gammaVariate = (shape: number, rng: Rng): number => {
  if (shape < 1) return gammaVariate(shape + 1, rng) * (1 - rng.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < x ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
};
