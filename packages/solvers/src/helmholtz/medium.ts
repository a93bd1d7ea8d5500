/** @file The grid and the medium of a Helmholtz problem. */
import type { PerfectlyMatchedLayer } from './stretching.ts';

/** A Helmholtz problem on a grid. The wave is 0 at the outermost points. */
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

/** The grid spacing of an axis with `length` points. */
export const stepOf = ({ bound }: HelmholtzProblem, length: number): number => (2 * bound) / (length - 1);

/** The coordinate of a point; a half-integer index gives the midpoint of two points. */
export const coordinateOf = (problem: HelmholtzProblem, length: number, index: number): number =>
  -problem.bound + index * stepOf(problem, length);
