import { indices } from '../bytes/number-list.ts';

/** A disjoint-set forest. */
export interface UnionFind {
  /** The representative of the set of `i`. */
  find(i: number): number;
  union(i: number, j: number): void;
}

/** Makes `count` sets of one element each. */
export const createUnionFind = (count: number): UnionFind => {
  const parent = indices(count);
  const find = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  return {
    find,
    union: (i, j) => {
      parent[find(i)] = find(j);
    },
  };
};
