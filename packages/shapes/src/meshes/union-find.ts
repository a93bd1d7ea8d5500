import { indices } from '../bytes/number-list.ts';

/** Sets that are joined one by one. */
export interface UnionFind {
  /** The number that stands for the set of `i`. */
  find(i: number): number;
  union(i: number, j: number): void;
}

/** `count` sets of one number each. */
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
