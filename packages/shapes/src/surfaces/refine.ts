import { type CrossedEdge, clear, type Surface } from './march.ts';

/** A bracket of the root on an edge, as fractions of the edge. */
interface Bracket {
  readonly edge: CrossedEdge;
  a: number;
  b: number;
  valueA: number;
  valueB: number;
  t: number;
}

const secant = ({ a, b, valueA, valueB }: Bracket): number => clear(a + ((b - a) * valueA) / (valueA - valueB));

/**
 * Moves the vertices of crossed edges along them to the zero of the function, with steps of the Illinois method (Dowell
 * and Jarratt, "A modified regula falsi method for computing the root of an equation", 1971), which stays inside the
 * bracket.
 *
 * @param evaluate values at coordinates, with the sign that is negative inside
 */
export const refineEdges = async (
  surface: Surface,
  steps: number,
  evaluate: (coords: Float32Array<ArrayBuffer>) => Promise<Float32Array>,
): Promise<void> => {
  const { positions, crossed } = surface;
  surface.crossed = [];
  // A value of exactly 0 is already a root, including those that close the surface at the box.
  const brackets = crossed
    .filter(({ valueLow, valueHigh }) => valueLow !== 0 && valueHigh !== 0)
    .map((edge): Bracket => ({ edge, a: 0, b: 1, valueA: edge.valueLow, valueB: edge.valueHigh, t: 0 }));
  for (const bracket of brackets) bracket.t = secant(bracket);
  for (let step = 0; step < steps && brackets.length > 0; step++) {
    const coords = new Float32Array(3 * brackets.length);
    for (const [i, { edge }] of brackets.entries())
      for (let k = 0; k < 3; k++) coords[3 * i + k] = positions.get(3 * edge.vertex + k);
    const values = await evaluate(coords);
    for (const [i, bracket] of brackets.entries()) {
      const value = values[i]!;
      if (value < 0 === bracket.valueB < 0) {
        bracket.b = bracket.t;
        bracket.valueB = value;
        bracket.valueA /= 2;
      } else {
        bracket.a = bracket.b;
        bracket.valueA = bracket.valueB;
        bracket.b = bracket.t;
        bracket.valueB = value;
      }
      bracket.t = value === 0 ? bracket.t : secant(bracket);
      const { vertex, axis, low, high } = bracket.edge;
      positions.set(3 * vertex + axis, low + (high - low) * bracket.t);
    }
  }
};
