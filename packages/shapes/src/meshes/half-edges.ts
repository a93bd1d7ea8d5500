/**
 * @file The half-edges of a mesh: number 3 t + k runs from corner k of triangle t to the next.
 */
import { indices } from '../bytes/number-list.ts';

/** The half-edge's end: the corner after it in its triangle. */
export const targetOf = (half: number): number => (half % 3 === 2 ? half - 2 : half + 1);

/** Half-edges in an order in which those of one edge stand together. */
export interface HalfEdges {
  readonly order: Uint32Array;
  /** The places in `order` where edges begin, and its length at the end. */
  readonly starts: Uint32Array;
}

/** Numbers `items` are put in order of `key`, which is below `bound`; equal ones keep their order. */
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
