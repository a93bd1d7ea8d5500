/** @file The grid and the medium of a Helmholtz problem. */
import type { PerfectlyMatchedLayer } from './stretching.ts';

/** A Helmholtz problem on a grid, whose outermost points have no wave. */
export interface HelmholtzProblem {
  readonly rows: number;
  readonly columns: number;
  /** The domain is [-bound, bound]^2, with the outermost points on its border. */
  readonly bound: number;
  readonly wavenumber: number;
  readonly absorbing: PerfectlyMatchedLayer | null;
  /** m at every point, row-major; 1 if absent. */
  readonly squaredSlowness: Float64Array | undefined;
}

/** The distance of neighbours among `length` points. */
export const stepOf = ({ bound }: HelmholtzProblem, length: number): number => (2 * bound) / (length - 1);

/** The coordinate of a point, or for a half of the middle between two. */
export const coordinateOf = (problem: HelmholtzProblem, length: number, index: number): number =>
  -problem.bound + index * stepOf(problem, length);
