/** @file Which closed parts of a mesh lie inside which others. */
import { crossing } from '../metrics/inside-test.ts';
import type { MeshParts } from './mesh-parts.ts';

/** Looks at pairs of a point and a triangle: so many at most, and so many more for each triangle. */
const LOOKS = 1e7;
const LOOKS_PER_TRIANGLE = 100;

/**
 * For each closed part, the closed parts that it lies inside of: those that wind around three points of it and whose box contains its box. `undefined` where there are too
 * many parts, on top of each other, to find out in proportionate time.
 *
 * A ray goes upwards from each point; where points are sorted by x, a triangle meets only those of its own range.
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
  points.sort((a, b) => a.at[0] - b.at[0]);
  const xs = Float64Array.from(points, ({ at }) => at[0]);
  const firstFrom = (x: number): number => {
    let [low, high] = [0, xs.length];
    while (low < high) {
      const between = (low + high) >> 1;
      if (xs[between]! < x) low = between + 1;
      else high = between;
    }
    return low;
  };
  const contains = (outer: number, inner: number): boolean =>
    [0, 1, 2].every(k => parts[outer]!.low[k]! <= parts[inner]!.low[k]! && parts[inner]!.high[k]! <= parts[outer]!.high[k]!);
  /** How often a part winds around a point; only points that a ray meets it from are here. */
  const windings = new Map<number, number>();
  let looks = LOOKS + LOOKS_PER_TRIANGLE * partOf.length;
  for (let triangle = 0; triangle < partOf.length; triangle++) {
    const part = partOf[triangle]!;
    if (!containers.has(part)) continue;
    const [a, b, c] = [3 * triangles[3 * triangle]!, 3 * triangles[3 * triangle + 1]!, 3 * triangles[3 * triangle + 2]!];
    const end = Math.max(positions[a]!, positions[b]!, positions[c]!);
    const [low, high] = [
      Math.min(positions[a + 1]!, positions[b + 1]!, positions[c + 1]!),
      Math.max(positions[a + 1]!, positions[b + 1]!, positions[c + 1]!),
    ];
    for (let i = firstFrom(Math.min(positions[a]!, positions[b]!, positions[c]!)); i < xs.length && xs[i]! <= end; i++) {
      if (--looks < 0) return undefined;
      const { part: other, at } = points[i]!;
      if (other === part || at[1] < low || at[1] > high) continue;
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
  for (const [pair, count] of inside) if (count === 3) containers.get(Math.floor(pair / parts.length))!.push(pair % parts.length);
  return containers;
};
