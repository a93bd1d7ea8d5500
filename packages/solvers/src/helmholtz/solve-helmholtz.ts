import type { NdArray } from 'ndarray';
import { type ArrayView, assertShape, formatShape, toFloat64, toNdarray } from '../array-view.ts';
import { assertAllPositive, assertPositive } from '../assert.ts';
import { ConvergenceError } from '../errors.ts';
import type { RunOptions } from '../run-options.ts';
import { addInPlace, type ComplexVector, complexNorm, complexZeros } from '../sparse/complex-vector.ts';
import { factorGrid, factorSize, type GridFactor } from '../sparse/factor.ts';
import { systemResidual } from '../sparse/grid-system.ts';
import { fourthOrderResidual } from './fourth-order.ts';
import type { HelmholtzProblem } from './medium.ts';
import { secondOrderSystem } from './second-order.ts';
import { assertLayer, type PerfectlyMatchedLayer } from './stretching.ts';

/** The options of {@link solveHelmholtz}. */
export interface HelmholtzSolverOptions extends RunOptions {
  /** k, in radians per unit of coordinate. */
  readonly wavenumber: number;
  /** The absorbing layer; `null` for none, which leaves walls at which the wave is 0. */
  readonly absorbing: PerfectlyMatchedLayer | null;
  /** The domain is [-bound, bound]^2; that of the absorbing layer if absent, or 1. */
  readonly bound?: number;
  /** m, the squared slowness relative to that of the surroundings, `[rows, columns]`; 1 if absent. */
  readonly squaredSlowness?: ArrayView;
  /** The order of the differences; 4 if absent. */
  readonly order?: 2 | 4;
  /** The relative residual |s - A u| / |s| of the discrete equations to reach; 1e-9 if absent. */
  readonly tolerance?: number;
  /**
   * The most memory that the factor may take while it is made; 2^30 if absent, which is enough for 700 x 700 points.
   */
  readonly maximumBytes?: number;
}

/** What {@link solveHelmholtz} found. */
export interface HelmholtzSolution {
  /** The waves, pairs of real and imaginary parts, `f64[rows, columns, 2 waves]`; 0 at the outermost points. */
  readonly waves: NdArray<Float64Array>;
  /** The largest relative residual |s - A u| / |s| of a wave, in the discrete equations. */
  readonly residual: number;
  /** How often the solution was improved by solving for the residual. */
  readonly sweeps: number;
  /** The size of the factor, in bytes. */
  readonly factorBytes: number;
}

/**
 * More sweeps than this mean that the iteration does not converge, or so slowly that the grid is too coarse for the
 * wave.
 */
const MAXIMUM_SWEEPS = 40;

const assertProblem = (
  source: ArrayView,
  { wavenumber, absorbing, squaredSlowness, bound, order = 4, tolerance = 1e-9 }: HelmholtzSolverOptions,
): void => {
  const [rows = 0, columns = 0, parts = 0] = source.shape;
  if (source.shape.length !== 3 || rows < 5 || columns < 5 || parts < 2 || parts % 2 !== 0)
    throw new RangeError(
      `solveHelmholtz: the source must be [rows, columns, 2 waves] with 5 or more rows and columns, got ${formatShape(source.shape)}`,
    );
  assertPositive('solveHelmholtz: wavenumber', wavenumber);
  assertPositive('solveHelmholtz: tolerance', tolerance);
  if (absorbing) assertLayer('solveHelmholtz', absorbing);
  if (bound !== undefined) assertPositive('solveHelmholtz: bound', bound);
  if (absorbing && bound !== undefined && bound !== absorbing.bound)
    throw new RangeError(`solveHelmholtz: bound must be that of the absorbing layer, ${absorbing.bound}, got ${bound}`);
  if (squaredSlowness) assertShape('solveHelmholtz', 'the squared slowness', squaredSlowness, [rows, columns]);
  if (order !== 2 && order !== 4) throw new RangeError(`solveHelmholtz: order must be 2 or 4, got ${order}`);
};

/** Solves by corrections until the residual is small. */
const refine = (
  factor: GridFactor,
  residualOf: (u: ComplexVector, source: ComplexVector) => ComplexVector,
  source: ComplexVector,
  tolerance: number,
): { u: ComplexVector; residual: number; sweeps: number } => {
  const u = complexZeros(source.real.length);
  const size = complexNorm(source);
  if (size === 0) return { u, residual: 0, sweeps: 0 };
  let rest: ComplexVector = { real: source.real.slice(), imaginary: source.imaginary.slice() };
  for (let sweeps = 1; ; sweeps++) {
    factor.solve(rest);
    addInPlace(u, rest);
    rest = residualOf(u, source);
    const residual = complexNorm(rest) / size;
    if (residual <= tolerance) return { u, residual, sweeps };
    // Not a number, too, ends the loop.
    if (!(residual < 1e6 && sweeps < MAXIMUM_SWEEPS))
      throw new ConvergenceError(
        'solveHelmholtz',
        residual,
        tolerance,
        'take a finer grid, order 2, or a wider tolerance',
      );
  }
};

/**
 * The solution of the Helmholtz equation in a box, with the absorbing layer and in the form of `helmholtz` of
 * `@neural-fields/losses`:
 *
 *     sum_k d/dx_k (E / e_k^2 du/dx_k) + E k^2 m u = s,    E = prod_k e_k,    u = 0 on the border
 *
 * A direct solution of the equations in differences of second order (multifrontal, complex symmetric, ordered by nested
 * dissection), which corrects until the residual of the equations in differences of `order` is below the tolerance:
 * order 4 costs a few solutions with the same factor. The medium is taken at the grid's points: where m jumps, either
 * is of first order.
 *
 * @param source s, pairs of real and imaginary parts, `[rows, columns, 2 waves]`; points are corner-aligned on [-bound,
 *   bound]^2, y before x
 * @throws RangeError when an array or option does not fit, or more memory would be needed than allowed
 * @throws ConvergenceError when the residual does not come down: the grid is too coarse for the wave, or the box
 *   resonates
 * @throws the signal's reason when it is aborted
 */
export const solveHelmholtz = async (
  source: ArrayView,
  options: HelmholtzSolverOptions,
): Promise<HelmholtzSolution> => {
  assertProblem(source, options);
  const { wavenumber, absorbing, order = 4, tolerance = 1e-9, maximumBytes = 2 ** 30 } = options;
  const [rows, columns, parts] = source.shape as [number, number, number];
  const squaredSlowness = options.squaredSlowness && toFloat64('solveHelmholtz', options.squaredSlowness);
  if (squaredSlowness) assertAllPositive('solveHelmholtz: the squared slowness', squaredSlowness);
  const values = toFloat64('solveHelmholtz', source);
  const bound = options.bound ?? absorbing?.bound ?? 1;
  const problem: HelmholtzProblem = { rows, columns, bound, wavenumber, absorbing, squaredSlowness };
  const [innerRows, innerColumns] = [rows - 2, columns - 2];
  const { factorBytes, peakBytes } = factorSize(innerRows, innerColumns);
  if (peakBytes > maximumBytes)
    throw new RangeError(
      `solveHelmholtz: maximumBytes must be at least ${peakBytes} for ${rows} x ${columns} points, got ${maximumBytes}`,
    );
  const system = secondOrderSystem(problem);
  const factor = await factorGrid(system, options);
  const residualOf =
    order === 4
      ? fourthOrderResidual(problem)
      : (u: ComplexVector, s: ComplexVector): ComplexVector => systemResidual(system, u, s);
  const waves = new Float64Array(values.length);
  let [residual, sweeps] = [0, 0];
  const placeOf = (i: number): number => (Math.floor(i / innerColumns) + 1) * columns + (i % innerColumns) + 1;
  for (let wave = 0; wave < parts; wave += 2) {
    options.signal?.throwIfAborted();
    const inner = complexZeros(innerRows * innerColumns);
    for (let i = 0; i < inner.real.length; i++) {
      inner.real[i] = values[placeOf(i) * parts + wave]!;
      inner.imaginary[i] = values[placeOf(i) * parts + wave + 1]!;
    }
    const solution = refine(factor, residualOf, inner, tolerance);
    for (let i = 0; i < inner.real.length; i++) {
      waves[placeOf(i) * parts + wave] = solution.u.real[i]!;
      waves[placeOf(i) * parts + wave + 1] = solution.u.imaginary[i]!;
    }
    residual = Math.max(residual, solution.residual);
    sweeps = Math.max(sweeps, solution.sweeps);
  }
  return { waves: toNdarray(waves, source.shape), residual, sweeps, factorBytes };
};
