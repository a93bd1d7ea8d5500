/** @file How a grid interpolates between the two vertices of a cell's edge. */

/**
 * The weight w(t) of the upper vertex at t in [0, 1] of the way to it; the lower one has 1 - w(t).
 *
 *     linear: t      smoothstep: t^2 (3 - 2 t)      nearest: 1 where t > 1/2, else 0
 *
 * Smoothstep has a continuous first derivative (Mueller et al. 2022, arXiv:2201.05989, appendix A, "Smooth
 * interpolation"). The derivatives of `nearest` are 0.
 */
export type GridInterpolation = 'linear' | 'smoothstep' | 'nearest';

/** Coefficients of t^0, t^1, ...; for `nearest`, of t rounded to 0 or 1. */
const POLYNOMIALS: Readonly<Record<GridInterpolation, readonly number[]>> = {
  linear: [0, 1],
  smoothstep: [0, 0, 3, -2],
  nearest: [0, 1],
};

/** All ways to interpolate, e.g. to check an option. */
export const GRID_INTERPOLATIONS: readonly GridInterpolation[] = ['linear', 'smoothstep', 'nearest'];

/** The coefficients of the weight's derivative of an order with respect to t; none where it is 0. */
export const weightPolynomial = (interpolation: GridInterpolation, order: number): readonly number[] => {
  let polynomial = POLYNOMIALS[interpolation];
  if (order > 0 && interpolation === 'nearest') return [];
  for (let k = 0; k < order; k++) polynomial = polynomial.map((coefficient, power) => coefficient * power).slice(1);
  return polynomial;
};
