/**
 * @file The Helmholtz equation in fourth-order finite differences. In the stretched coordinates X_k, with dX_k = e_k
 *   dx_k, it has constant coefficients, and its solution is smooth even where the layer begins:
 *
 *     E (sum_k d2u/dX_k^2 + k^2 m u) = s,    E = e_x e_y
 *
 * The second derivative is that of the polynomial through five neighbours, at complex positions. Next to the border it
 * is that of three neighbours; the solution is still of fourth order.
 */
import { type ComplexVector, complexZeros } from '../sparse/complex-vector.ts';
import { coordinateOf, type HelmholtzProblem } from './medium.ts';
import { type Complex, minus, over, stretchAt, stretchedCoordinate, times } from './stretching.ts';

/** The inner points of one axis: the weights of u[i - 2] ... u[i + 2] in the second derivative at each, and e. */
interface AxisOperator {
  readonly weights: readonly (readonly Complex[])[];
  readonly stretch: readonly Complex[];
}

/**
 * The weight of the value at distance d in the second derivative at 0 of the polynomial through 0, d and one or three
 * other points d_a: twice the coefficient of x^2 in x prod (x - d_a) / (d prod (d - d_a)).
 */
const secondDerivativeWeight = (d: Complex, others: readonly Complex[]): Complex => {
  const denominator = others.reduce((product, other) => times(product, minus(d, other)), d);
  const pairs = others.map((a, i) => times(a, others[(i + 1) % others.length]!));
  const coefficient =
    others.length === 1 ? ([1, 0] as const) : pairs.reduce(([a, b], [c, s]): Complex => [a + c, b + s], [0, 0]);
  return over(times([2, 0], coefficient), denominator);
};

const axisOperator = (problem: HelmholtzProblem, length: number): AxisOperator => {
  const positions = Array.from({ length }, (_, i) =>
    stretchedCoordinate(problem.absorbing, coordinateOf(problem, length, i)),
  );
  const inner = Array.from({ length: length - 2 }, (_, i) => i + 1);
  const weights = inner.map(i => {
    const reach = i === 1 || i === length - 2 ? [-1, 1] : [-2, -1, 1, 2];
    const distances = reach.map(k => minus(positions[i + k]!, positions[i]!));
    const row: Complex[] = Array.from({ length: 5 }, () => [0, 0]);
    reach.forEach((k, at) => {
      const weight = secondDerivativeWeight(
        distances[at]!,
        distances.filter((_, other) => other !== at),
      );
      row[2 + k] = weight;
      // The weights add up to 0: the derivative of a constant is 0.
      row[2] = minus(row[2]!, weight);
    });
    return row;
  });
  return { weights, stretch: inner.map(i => stretchAt(problem.absorbing, coordinateOf(problem, length, i))) };
};

/** Returns a function that computes s - A u from the wave and the source at the inner points, row-major. */
export const fourthOrderResidual = (
  problem: HelmholtzProblem,
): ((u: ComplexVector, source: ComplexVector) => ComplexVector) => {
  const { wavenumber, squaredSlowness } = problem;
  const [y, x] = [axisOperator(problem, problem.rows), axisOperator(problem, problem.columns)];
  const [rows, columns] = [problem.rows - 2, problem.columns - 2];
  return (u, source) => {
    const residual = complexZeros(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const at = i * columns + j;
        const m = squaredSlowness?.[(i + 1) * problem.columns + j + 1] ?? 1;
        let sumReal = wavenumber ** 2 * m * u.real[at]!;
        let sumImaginary = wavenumber ** 2 * m * u.imaginary[at]!;
        for (let k = -2; k <= 2; k++) {
          if (j + k >= 0 && j + k < columns) {
            const [c, s] = x.weights[j]![k + 2]!;
            sumReal += c * u.real[at + k]! - s * u.imaginary[at + k]!;
            sumImaginary += c * u.imaginary[at + k]! + s * u.real[at + k]!;
          }
          if (i + k >= 0 && i + k < rows) {
            const [c, s] = y.weights[i]![k + 2]!;
            const from = at + k * columns;
            sumReal += c * u.real[from]! - s * u.imaginary[from]!;
            sumImaginary += c * u.imaginary[from]! + s * u.real[from]!;
          }
        }
        const [left, right] = times(times(x.stretch[j]!, y.stretch[i]!), [sumReal, sumImaginary]);
        residual.real[at] = source.real[at]! - left;
        residual.imaginary[at] = source.imaginary[at]! - right;
      }
    return residual;
  };
};
