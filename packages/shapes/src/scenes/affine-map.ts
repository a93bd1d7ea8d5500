/** @file Affine maps of space. */

/** x -> A x + b, as the three rows [A_i0, A_i1, A_i2, b_i]. */
export type AffineMap = readonly [AffineRow, AffineRow, AffineRow];

export type AffineRow = readonly [number, number, number, number];

export const IDENTITY: AffineMap = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

export const applyMap = (map: AffineMap, point: readonly number[]): number[] =>
  map.map(
    ([a, b, c, offset]) => a * (point[0] as number) + b * (point[1] as number) + c * (point[2] as number) + offset,
  );

/** @throws RangeError when the values are not finite, or the map has no inverse */
export const inverseOf = (what: string, map: AffineMap): AffineMap => {
  const isMap =
    Array.isArray(map) && map.length === 3 && map.every(row => row.length === 4 && row.every(Number.isFinite));
  if (!isMap) throw new RangeError(`${what} must be 3 rows of 4 finite numbers, got ${JSON.stringify(map)}`);
  const at = (row: number, column: number): number => (map[row % 3] as AffineRow)[column % 3] as number;
  const cofactor = (row: number, column: number): number =>
    at(row + 1, column + 1) * at(row + 2, column + 2) - at(row + 1, column + 2) * at(row + 2, column + 1);
  const determinant = at(0, 0) * cofactor(0, 0) + at(0, 1) * cofactor(0, 1) + at(0, 2) * cofactor(0, 2);
  if (determinant === 0) throw new RangeError(`${what} must have an inverse, it flattens space`);
  const linear = [0, 1, 2].map(i => [0, 1, 2].map(j => cofactor(j, i) / determinant));
  const row = (i: number): AffineRow => {
    const [a, b, c] = linear[i] as [number, number, number];
    return [a, b, c, -(a * map[0][3] + b * map[1][3] + c * map[2][3])];
  };
  return [row(0), row(1), row(2)];
};
