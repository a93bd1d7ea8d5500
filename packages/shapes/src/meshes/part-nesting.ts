/** @file Determines which closed parts of a mesh lie inside which others. */
import { crossing } from './inside-test.ts';
import type { MeshParts } from './mesh-parts.ts';

/** The maximum number of tests of a point against a triangle: a constant, plus an amount per triangle. */
const BASE_TESTS = 2e6;
const TESTS_PER_TRIANGLE = 100;

type Range = readonly [low: number, high: number];

/**
 * Finds the points under a rectangle, and some around it, with a grid in x and y. Returns undefined if that takes more
 * than `most` tests.
 */
const gridOf = (
  points: readonly (readonly [number, number, number])[],
): ((
  x: Range,
  y: Range,
  most: number,
) => { readonly points: readonly number[]; readonly looks: number } | undefined) => {
  const side = Math.ceil(Math.sqrt(points.length));
  const axes = ([0, 1] as const).map(axis => {
    let [low, high] = [Infinity, -Infinity];
    for (const at of points) [low, high] = [Math.min(low, at[axis]), Math.max(high, at[axis])];
    const scale = side / (high - low || 1);
    return (value: number): number => Math.min(side - 1, Math.max(0, Math.floor((value - low) * scale)));
  });
  const cellOf = (axis: 0 | 1, value: number): number => axes[axis]!(value);
  const cells: number[][] = Array.from({ length: side * side }, () => []);
  for (const [i, at] of points.entries()) cells[cellOf(1, at[1]) * side + cellOf(0, at[0])]!.push(i);
  return (x, y, most) => {
    const [left, right, bottom, top] = [cellOf(0, x[0]), cellOf(0, x[1]), cellOf(1, y[0]), cellOf(1, y[1])];
    let looks = (right - left + 1) * (top - bottom + 1);
    if (looks > most) return undefined;
    const found: number[] = [];
    for (let row = bottom; row <= top; row++)
      for (let column = left; column <= right; column++) {
        const cell = cells[row * side + column]!;
        looks += cell.length;
        if (looks > most) return undefined;
        for (const i of cell) found.push(i);
      }
    return { points: found, looks };
  };
};

/**
 * The containers of each closed part: closed parts that wind around three points of it and whose bounding box contains
 * its box. `undefined` if too many parts overlap to determine this in reasonable time.
 *
 * A ray goes upwards from each point; a triangle is tested only against the rays from the grid cells under it.
 */
export const partNesting = (
  positions: Float32Array,
  triangles: Uint32Array,
  { parts, partOf }: MeshParts,
): ReadonlyMap<number, readonly number[]> | undefined => {
  const bodies = parts.flatMap(({ closed, volume }, part) => (closed && volume !== 0 ? [part] : []));
  const containers = new Map<number, number[]>(bodies.map(part => [part, []]));
  if (bodies.length < 2) return containers;
  const points = bodies.flatMap(part => parts[part]!.samples.map((at, sample) => ({ part, sample, at })));
  const grid = gridOf(points.map(({ at }) => at));
  const contains = (outer: number, inner: number): boolean =>
    [0, 1, 2].every(
      k => parts[outer]!.low[k]! <= parts[inner]!.low[k]! && parts[inner]!.high[k]! <= parts[outer]!.high[k]!,
    );
  /** The winding number of a part around a point; only points whose ray meets the part have an entry. */
  const windings = new Map<number, number>();
  let looks = BASE_TESTS + TESTS_PER_TRIANGLE * partOf.length;
  for (let triangle = 0; triangle < partOf.length; triangle++) {
    const part = partOf[triangle]!;
    if (!containers.has(part)) continue;
    const [a, b, c] = [
      3 * triangles[3 * triangle]!,
      3 * triangles[3 * triangle + 1]!,
      3 * triangles[3 * triangle + 2]!,
    ];
    const xs = [positions[a]!, positions[b]!, positions[c]!];
    const ys = [positions[a + 1]!, positions[b + 1]!, positions[c + 1]!];
    const near = grid([Math.min(...xs), Math.max(...xs)], [Math.min(...ys), Math.max(...ys)], looks);
    if (!near) return undefined;
    looks -= near.looks;
    for (const i of near.points) {
      const { part: other, at } = points[i]!;
      if (other === part) continue;
      const sign = crossing({ positions, triangles }, triangle, at);
      if (sign === 0 || !contains(part, other)) continue;
      const key = i * parts.length + part;
      windings.set(key, (windings.get(key) ?? 0) + sign);
    }
  }
  const inside = new Map<number, number>();
  for (const [key, winding] of windings) {
    if (winding === 0) continue;
    const [point, outer] = [points[Math.floor(key / parts.length)]!, key % parts.length];
    const pair = point.part * parts.length + outer;
    inside.set(pair, (inside.get(pair) ?? 0) + 1);
  }
  for (const [pair, count] of inside)
    if (count === 3) containers.get(Math.floor(pair / parts.length))!.push(pair % parts.length);
  return containers;
};
