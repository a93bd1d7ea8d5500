/**
 * @file One step of the wave equation in second-order central differences, with an absorbing layer:
 *
 *     u_tt + (zeta_y + zeta_x) u_t + zeta_y zeta_x u = q (laplacian u + d phi_y/dy + d phi_x/dx),    q = c^2 / m
 *     d phi_x/dt = -zeta_x phi_x + (zeta_y - zeta_x) du/dx,    phi_y likewise
 *
 * phi is stored at the midpoints between neighbours. Grote and Sim 2010, arXiv:1001.0319, section 2.
 */
import type { AxisDamping } from './damping.ts';

/** A wave equation on a grid. */
export interface WaveProblem {
  readonly rows: number;
  readonly columns: number;
  readonly spacing: readonly [number, number];
  /** c^2 / m at every point. */
  readonly squaredSpeed: Float64Array;
  /** Along y and x; absent for reflecting walls. */
  readonly damping: readonly [AxisDamping, AxisDamping] | undefined;
}

/** laplacian u at the inner points, 0 at the outermost. */
export const laplacianOf = ({ rows, columns, spacing: [stepY, stepX] }: WaveProblem, u: Float64Array): Float64Array => {
  const result = new Float64Array(u.length);
  const [weightY, weightX] = [stepY ** -2, stepX ** -2];
  for (let row = 1; row < rows - 1; row++)
    for (let at = row * columns + 1; at < (row + 1) * columns - 1; at++)
      result[at] =
        weightY * (u[at - columns]! + u[at + columns]! - 2 * u[at]!) + weightX * (u[at - 1]! + u[at + 1]! - 2 * u[at]!);
  return result;
};

/**
 * Advances a wave: computes u(t + dt) from u(t - dt) and u(t). It holds the state of the layer, so each step must be
 * taken exactly once, in order.
 */
export type WaveStepper = (before: Float64Array, now: Float64Array) => Float64Array;

/** Waves between walls: the outermost points do not change. */
const freeStepper =
  (problem: WaveProblem, timeStep: number): WaveStepper =>
  (before, now) => {
    const after = laplacianOf(problem, now);
    for (let i = 0; i < after.length; i++)
      after[i] = 2 * now[i]! - before[i]! + timeStep ** 2 * problem.squaredSpeed[i]! * after[i]!;
    return after;
  };

const dampedStepper = (
  problem: WaveProblem,
  timeStep: number,
  damping: readonly [AxisDamping, AxisDamping],
): WaveStepper => {
  const { rows, columns, squaredSpeed } = problem;
  const [stepY, stepX] = problem.spacing;
  const [dampingY, dampingX] = damping;
  // phiY[i] is between point i and the one below, phiX[i] between point i and the one to the right.
  const phiY = new Float64Array(rows * columns);
  const phiX = new Float64Array(rows * columns);
  const advance = (phi: number, along: number, across: number, slope: number): number =>
    (phi * (1 / timeStep - along / 2) + (across - along) * slope) / (1 / timeStep + along / 2);
  return (before, now) => {
    const after = laplacianOf(problem, now);
    for (let row = 1; row < rows - 1; row++)
      for (let column = 1; column < columns - 1; column++) {
        const at = row * columns + column;
        const [zetaY, zetaX] = [dampingY.nodes[row]!, dampingX.nodes[column]!];
        const spread = after[at]! + (phiY[at]! - phiY[at - columns]!) / stepY + (phiX[at]! - phiX[at - 1]!) / stepX;
        const half = (timeStep * (zetaY + zetaX)) / 2;
        // zeta_y zeta_x u is averaged over the previous and the next step: a strong layer would be unstable otherwise.
        const stiff = (timeStep ** 2 * zetaY * zetaX) / 2;
        after[at] =
          (2 * now[at]! - before[at]! * (1 + stiff - half) + timeStep ** 2 * squaredSpeed[at]! * spread) /
          (1 + stiff + half);
      }
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        if (row + 1 < rows) {
          const slope = (after[at + columns]! - after[at]! + now[at + columns]! - now[at]!) / (2 * stepY);
          phiY[at] = advance(phiY[at]!, dampingY.middles[row]!, dampingX.nodes[column]!, slope);
        }
        if (column + 1 < columns) {
          const slope = (after[at + 1]! - after[at]! + now[at + 1]! - now[at]!) / (2 * stepX);
          phiX[at] = advance(phiX[at]!, dampingX.middles[column]!, dampingY.nodes[row]!, slope);
        }
      }
    return after;
  };
};

/** Makes the stepper of a problem. */
export const waveStepper = (problem: WaveProblem, timeStep: number): WaveStepper =>
  problem.damping ? dampedStepper(problem, timeStep, problem.damping) : freeStepper(problem, timeStep);
