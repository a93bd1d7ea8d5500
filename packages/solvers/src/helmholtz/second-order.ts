/**
 * @file The Helmholtz equation in second-order finite differences. In the divergence form
 *
 *     d/dy (e_x / e_y du/dy) + d/dx (e_y / e_x du/dx) + e_x e_y k^2 m u = s
 *
 * fluxes are evaluated at the midpoints between neighbours, which makes the matrix symmetric.
 */
import { complexZeros } from '../sparse/complex-vector.ts';
import type { GridSystem } from '../sparse/grid-system.ts';
import { coordinateOf, type HelmholtzProblem, stepOf } from './medium.ts';
import { over, stretchAt, times } from './stretching.ts';

/** The linear system of the inner points. */
export const secondOrderSystem = (problem: HelmholtzProblem): GridSystem => {
  const { absorbing, wavenumber, squaredSlowness } = problem;
  const [rows, columns] = [problem.rows - 2, problem.columns - 2];
  const stretchY = (row: number) => stretchAt(absorbing, coordinateOf(problem, problem.rows, row));
  const stretchX = (column: number) => stretchAt(absorbing, coordinateOf(problem, problem.columns, column));
  const [stepY, stepX] = [stepOf(problem, problem.rows), stepOf(problem, problem.columns)];
  const [diagonal, right, down] = [
    complexZeros(rows * columns),
    complexZeros(rows * columns),
    complexZeros(rows * columns),
  ];
  for (let i = 0; i < rows; i++) {
    const [above, here, below] = [stretchY(i + 0.5), stretchY(i + 1), stretchY(i + 1.5)];
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      const ex = stretchX(j + 1);
      const [leftFlux, rightFlux] = [over(here, stretchX(j + 0.5)), over(here, stretchX(j + 1.5))];
      const [upFlux, downFlux] = [over(ex, above), over(ex, below)];
      const all = times(ex, here);
      const m = squaredSlowness?.[(i + 1) * problem.columns + j + 1] ?? 1;
      for (const [part, index] of [
        ['real', 0],
        ['imaginary', 1],
      ] as const) {
        right[part][at] = rightFlux[index] / stepX ** 2;
        down[part][at] = downFlux[index] / stepY ** 2;
        diagonal[part][at] =
          all[index] * wavenumber ** 2 * m -
          (leftFlux[index] + rightFlux[index]) / stepX ** 2 -
          (upFlux[index] + downFlux[index]) / stepY ** 2;
      }
    }
  }
  return { rows, columns, diagonal, right, down };
};
