import { addTo, dot } from '../fit/host-vectors.ts';

/** The options of {@link solveConjugateGradients}. */
export interface ConjugateGradientsOptions {
  /** Added to the diagonal of the matrix. */
  readonly shift: number;
  readonly maxProducts: number;
  /** The norm of the residual at which the iteration stops, relative to the norm of the right-hand side. */
  readonly tolerance: number;
}

/** An approximate solution. */
export interface ConjugateGradientsSolution {
  readonly solution: Float64Array;
  /** b - (A + shift I) x */
  readonly residual: Float64Array;
}

/**
 * Solves (A + shift I) x = b by conjugate gradients from x = 0: Nocedal and Wright, Numerical Optimization, 2nd
 * edition, 2006, algorithm 5.2. If the curvature along a direction is not positive, it returns the solution so far, or
 * b if that direction is the first one: algorithm 7.1.
 *
 * @param multiply maps v to A v
 */
export const solveConjugateGradients = async (
  multiply: (v: Float64Array) => Promise<Float64Array>,
  b: Float64Array,
  { shift, maxProducts, tolerance }: ConjugateGradientsOptions,
): Promise<ConjugateGradientsSolution> => {
  let solution = new Float64Array(b.length);
  const residual = Float64Array.from(b);
  const direction = Float64Array.from(b);
  let squared = dot(residual, residual);
  const enough = tolerance ** 2 * squared;
  for (let product = 0; product < maxProducts && squared > enough; product++) {
    const image = await multiply(direction);
    addTo(image, shift, direction);
    const curvature = dot(direction, image);
    if (!(curvature > 0)) {
      if (product === 0) {
        solution = Float64Array.from(b);
        addTo(residual, -1, image);
      }
      break;
    }
    const length = squared / curvature;
    addTo(solution, length, direction);
    addTo(residual, -length, image);
    const next = dot(residual, residual);
    for (let i = 0; i < direction.length; i++) direction[i] = residual[i]! + (next / squared) * direction[i]!;
    squared = next;
  }
  return { solution, residual };
};
