import { assertOptions, assertPositive } from '@neural-fields/core/options';
import type { NdArray } from 'ndarray';
import { assertAllPositive } from '../assert.ts';
import { ConvergenceError } from '../errors.ts';
import type { RunOptions } from '../run-options.ts';
import { addInPlace, type ComplexVector, complexNorm, complexZeros } from '../sparse/complex-vector.ts';
import { factorGrid, factorSize, type GridFactor } from '../sparse/factor.ts';
import { systemResidual } from '../sparse/grid-system.ts';
import { assertShape, formatShape, type StridedArray, toFloat64, toNdarray } from '../strided-array.ts';
import { fourthOrderResidual } from './fourth-order.ts';
import type { HelmholtzProblem } from './medium.ts';
import { secondOrderSystem } from './second-order.ts';
import { assertLayer, type PerfectlyMatchedLayer } from './stretching.ts';

/** The options of {@link solveHelmholtz}. */
export interface HelmholtzSolverOptions extends RunOptions {
  /** k, in radians per coordinate unit. */
  readonly wavenumber: number;
  /** The absorbing layer; `null` for none, so that waves are reflected at walls where u = 0. */
  readonly absorbing: PerfectlyMatchedLayer | null;
  /** The domain is [-bound, bound]^2; that of the absorbing layer if absent, or 1. */
  readonly bound?: number;
  /** m, the squared slowness relative to that of the surrounding medium, `[rows, columns]`; 1 if absent. */
  readonly squaredSlowness?: StridedArray;
  /** The order of the finite differences; 4 if absent. */
  readonly order?: 2 | 4;
  /** The relative residual |s - A u| / |s| of the discrete equations to reach; 1e-9 if absent. */
  readonly tolerance?: number;
  /** The maximum memory for the factorisation, in bytes; 2^30 if absent, which is enough for 700 x 700 points. */
  readonly maxBytes?: number;
}

/** The result of {@link solveHelmholtz}. */
export interface HelmholtzSolution {
  /** The waves, pairs of real and imaginary parts, `f64[rows, columns, 2 waves]`; 0 at the outermost points. */
  readonly waves: NdArray<Float64Array>;
  /** The largest relative residual |s - A u| / |s| of a wave, in the discrete equations. */
  readonly residual: number;
  /** The largest number of solves for a wave, including those for the residual. */
  readonly iterations: number;
  /** The memory of the factor, in bytes. */
  readonly factorBytes: number;
}

/**
 * If the residual is still too large after this many iterations, the iteration diverges, or the grid is too coarse for
 * the wave.
 */
const MAX_ITERATIONS = 40;

const assertProblem = (
  source: StridedArray,
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

/** Solves by iterative refinement until the residual is below the tolerance. */
const refine = (
  factor: GridFactor,
  residualOf: (u: ComplexVector, source: ComplexVector) => ComplexVector,
  source: ComplexVector,
  tolerance: number,
): { u: ComplexVector; residual: number; iterations: number } => {
  const u = complexZeros(source.real.length);
  const size = complexNorm(source);
  if (size === 0) return { u, residual: 0, iterations: 0 };
  let rest: ComplexVector = { real: source.real.slice(), imaginary: source.imaginary.slice() };
  for (let iterations = 1; ; iterations++) {
    factor.solve(rest);
    addInPlace(u, rest);
    rest = residualOf(u, source);
    const residual = complexNorm(rest) / size;
    if (residual <= tolerance) return { u, residual, iterations };
    // NaN must end the loop too.
    if (!(residual < 1e6 && iterations < MAX_ITERATIONS))
      throw new ConvergenceError(
        'solveHelmholtz',
        residual,
        tolerance,
        'use a finer grid, order 2, or a larger tolerance',
      );
  }
};

/**
 * Solves the Helmholtz equation in a box, with the absorbing layer, in the form of `helmholtz` of
 * `@neural-fields/losses`:
 *
 *     sum_k d/dx_k (E / e_k^2 du/dx_k) + E k^2 m u = s,    E = prod_k e_k,    u = 0 on the border
 *
 * The second-order equations are factorised directly (multifrontal, complex symmetric, ordered by nested dissection).
 * The factor then serves as a preconditioner of iterative refinement, until the residual of the equations of the given
 * `order` is below the tolerance: order 4 costs a few more solves with the same factor. The medium is sampled at the
 * grid points: where m is discontinuous, both orders converge with order 1.
 *
 * @param source s, pairs of real and imaginary parts, `[rows, columns, 2 waves]`; points are corner-aligned on [-bound,
 *   bound]^2, y before x
 * @throws RangeError when an array or option does not fit, or the factorisation needs more memory than allowed
 * @throws ConvergenceError when the residual does not reach the tolerance: the grid is too coarse for the wave, or the
 *   box resonates
 * @throws the signal's reason when it is aborted
 */
export const solveHelmholtz = async (
  source: StridedArray,
  options: HelmholtzSolverOptions,
): Promise<HelmholtzSolution> => {
  assertOptions('solveHelmholtz', options, {
    wavenumber: 1,
    absorbing: 1,
    bound: 1,
    squaredSlowness: 1,
    order: 1,
    tolerance: 1,
    maxBytes: 1,
    onProgress: 1,
    signal: 1,
  });

  assertProblem(source, options);
  const { wavenumber, absorbing, order = 4, tolerance = 1e-9, maxBytes = 2 ** 30 } = options;
  const [rows, columns, parts] = source.shape as [number, number, number];
  const squaredSlowness = options.squaredSlowness && toFloat64('solveHelmholtz', options.squaredSlowness);
  if (squaredSlowness) assertAllPositive('solveHelmholtz: the squared slowness', squaredSlowness);
  const values = toFloat64('solveHelmholtz', source);
  const bound = options.bound ?? absorbing?.bound ?? 1;
  const problem: HelmholtzProblem = { rows, columns, bound, wavenumber, absorbing, squaredSlowness };
  const [innerRows, innerColumns] = [rows - 2, columns - 2];
  const { factorBytes, peakBytes } = factorSize(innerRows, innerColumns);
  if (peakBytes > maxBytes)
    throw new RangeError(
      `solveHelmholtz: maxBytes must be at least ${peakBytes} for ${rows} x ${columns} points, got ${maxBytes}`,
    );
  const system = secondOrderSystem(problem);
  const factor = await factorGrid(system, options);
  const residualOf =
    order === 4
      ? fourthOrderResidual(problem)
      : (u: ComplexVector, s: ComplexVector): ComplexVector => systemResidual(system, u, s);
  const waves = new Float64Array(values.length);
  let [residual, iterations] = [0, 0];
  const indexOf = (i: number): number => (Math.floor(i / innerColumns) + 1) * columns + (i % innerColumns) + 1;
  for (let wave = 0; wave < parts; wave += 2) {
    options.signal?.throwIfAborted();
    const inner = complexZeros(innerRows * innerColumns);
    for (let i = 0; i < inner.real.length; i++) {
      inner.real[i] = values[indexOf(i) * parts + wave]!;
      inner.imaginary[i] = values[indexOf(i) * parts + wave + 1]!;
    }
    const solution = refine(factor, residualOf, inner, tolerance);
    for (let i = 0; i < inner.real.length; i++) {
      waves[indexOf(i) * parts + wave] = solution.u.real[i]!;
      waves[indexOf(i) * parts + wave + 1] = solution.u.imaginary[i]!;
    }
    residual = Math.max(residual, solution.residual);
    iterations = Math.max(iterations, solution.iterations);
  }
  return { waves: toNdarray(waves, source.shape), residual, iterations, factorBytes };
};
