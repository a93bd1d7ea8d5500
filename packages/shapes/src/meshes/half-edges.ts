/** @file The half-edges of a mesh: half-edge 3 t + k goes from vertex k of triangle t to the next. */
import { indices } from '../bytes/number-list.ts';

/** The end of a half-edge, as an index into the triangles: the next vertex of its triangle. */
export const targetOf = (half: number): number => (half % 3 === 2 ? half - 2 : half + 1);

/** Half-edges grouped by edge. */
export interface HalfEdges {
  readonly order: Uint32Array;
  /** The start of each edge in `order`, followed by the length of `order`. */
  readonly starts: Uint32Array;
}

/** Sorts `items` stably by `key`, which is less than `bound`. */
const sortBy = (items: Uint32Array, bound: number, key: (item: number) => number): Uint32Array => {
  const next = new Uint32Array(bound + 1);
  for (const item of items) next[key(item) + 1]!++;
  for (let i = 0; i < bound; i++) next[i + 1]! += next[i]!;
  const sorted = new Uint32Array(items.length);
  for (const item of items) sorted[next[key(item)]!++] = item;
  return sorted;
};

/** Groups the half-edges of triangles on `vertices` points by edge, in linear time. */
export const groupHalfEdges = (triangles: Uint32Array, vertices: number): HalfEdges => {
  const low = (half: number): number => Math.min(triangles[half]!, triangles[targetOf(half)]!);
  const high = (half: number): number => Math.max(triangles[half]!, triangles[targetOf(half)]!);
  const all = indices(triangles.length);
  const order = sortBy(sortBy(all, vertices, high), vertices, low);
  const starts = new Uint32Array(order.length + 1);
  let edges = 0;
  for (let i = 0; i < order.length; i++)
    if (i === 0 || low(order[i]!) !== low(order[i - 1]!) || high(order[i]!) !== high(order[i - 1]!))
      starts[edges++] = i;
  starts[edges] = order.length;
  return { order, starts: starts.subarray(0, edges + 1) };
};
