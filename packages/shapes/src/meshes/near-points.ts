/** @file Groups points that should coincide, although rounding has moved them apart. */

import { groupEqualPoints, type PointGroups } from './equal-points.ts';
import { groupHalfEdges } from './half-edges.ts';
import { createUnionFind } from './union-find.ts';

/**
 * Points of open edges closer than this, as a fraction of the bounding box's diagonal, are merged: exporters compute a
 * seam or a pole once for each side, and numbers in text are rounded.
 */
export const NEAR = 1e-6;

/** The width of a grid cell relative to the tolerance; with this ratio most points search a single cell. */
const CELL = 4;

/** The point groups at edges of one triangle only. */
const openGroups = (triangles: Uint32Array, { count, target }: PointGroups): number[] => {
  const welded = triangles.map(point => target[point]!);
  const whole = welded.filter((_, i) => {
    const start = i - (i % 3);
    const [a, b, c] = [welded[start]!, welded[start + 1]!, welded[start + 2]!];
    return a !== b && b !== c && c !== a;
  });
  const { order, starts } = groupHalfEdges(whole, count);
  const open = new Uint8Array(count);
  for (let edge = 0; edge + 1 < starts.length; edge++) {
    if (starts[edge + 1]! - starts[edge]! !== 1) continue;
    const half = order[starts[edge]!]!;
    open[whole[half]!] = open[whole[half % 3 === 2 ? half - 2 : half + 1]!] = 1;
  }
  return [...open.keys()].filter(place => open[place] === 1);
};

const diagonalOf = (positions: Float32Array, places: readonly number[], first: Uint32Array): number => {
  const [low, high] = [[0, 0, 0].fill(Number.POSITIVE_INFINITY), [0, 0, 0].fill(Number.NEGATIVE_INFINITY)];
  for (const place of places)
    for (let k = 0; k < 3; k++) {
      const value = positions[3 * first[place]! + k]!;
      low[k] = Math.min(low[k]!, value);
      high[k] = Math.max(high[k]!, value);
    }
  return Math.hypot(...high.map((value, k) => value - low[k]!));
};

/**
 * Groups equal points like `groupEqualPoints`, and also points of open edges within {@link NEAR} of the diagonal. A
 * closed mesh is not changed. The time is linear: a cell stores only points that are farther apart than the tolerance,
 * of which it holds a bounded number.
 *
 * @param positions `f32[n, 3]`
 * @param triangles three point indices each
 */
export const groupNearPoints = (positions: Float32Array, triangles: Uint32Array): PointGroups => {
  const exact = groupEqualPoints(positions);
  const open = openGroups(triangles, exact);
  const tolerance = open.length === 0 ? 0 : NEAR * diagonalOf(positions, open, exact.first);
  if (!(tolerance > 0 && Number.isFinite(tolerance))) return exact;
  const groups = createUnionFind(exact.count);
  const cells = new Map<string, number[]>();
  const cellAt = (value: number): number => Math.floor(value / (CELL * tolerance));
  const coordinate = (place: number, k: number): number => positions[3 * exact.first[place]! + k]!;
  const isNear = (a: number, b: number): boolean =>
    Math.hypot(...[0, 1, 2].map(k => coordinate(a, k) - coordinate(b, k))) <= tolerance;
  for (const place of open) {
    const [from, to] = [-1, 1].map(side => [0, 1, 2].map(k => cellAt(coordinate(place, k) + side * tolerance))) as [
      number[],
      number[],
    ];
    let alone = true;
    for (let x = from[0]!; x <= to[0]!; x++)
      for (let y = from[1]!; y <= to[1]!; y++)
        for (let z = from[2]!; z <= to[2]!; z++)
          for (const other of cells.get(`${x},${y},${z}`) ?? [])
            if (isNear(place, other)) {
              groups.union(place, other);
              alone = false;
            }
    if (!alone) continue;
    const key = [0, 1, 2].map(k => cellAt(coordinate(place, k))).join(',');
    const cell = cells.get(key);
    if (cell) cell.push(place);
    else cells.set(key, [place]);
  }
  const numbers = new Map<number, number>();
  const first: number[] = [];
  const joined = Uint32Array.from({ length: exact.count }, (_, place) => {
    const root = groups.find(place);
    const known = numbers.get(root);
    if (known !== undefined) return known;
    numbers.set(root, first.length);
    first.push(exact.first[place]!);
    return first.length - 1;
  });
  return { count: first.length, target: exact.target.map(place => joined[place]!), first: Uint32Array.from(first) };
};
