/**
 * @file The largest products of one factor from each of several lists, in descending order, without listing all of
 *   them: a best-first search.
 */

/** One choice for a column: an order k and its factor. */
export interface Choice {
  readonly order: number;
  readonly factor: number;
}

/** A choice other than the largest one of its column. */
export interface Change {
  readonly column: number;
  readonly choice: Choice;
}

/** A product of one factor per column. */
export interface Product {
  readonly value: number;
  /** The columns with another choice than their first, in no particular order. */
  readonly changes: readonly Change[];
}

interface Column {
  readonly column: number;
  /** In descending order of |factor|; none is 0. */
  readonly choices: readonly Choice[];
}

/** A product, linked to the changes that it shares with others. */
interface Node {
  readonly value: number;
  /** The index of the last changed column in the order of the search. */
  readonly place: number;
  /** The index of that column's choice, at least 1. */
  readonly rank: number;
  readonly before: Node | undefined;
}

/** A heap with the largest |value| first. */
class Heap {
  readonly #nodes: Node[] = [];

  push(node: Node): void {
    const nodes = this.#nodes;
    let i = nodes.push(node) - 1;
    const size = Math.abs(node.value);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = nodes[parent] as Node;
      if (Math.abs(above.value) >= size) break;
      nodes[i] = above;
      i = parent;
    }
    nodes[i] = node;
  }

  pop(): Node | undefined {
    const nodes = this.#nodes;
    const first = nodes[0];
    const last = nodes.pop();
    if (first === undefined || last === undefined || nodes.length === 0) return first;
    const size = Math.abs(last.value);
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= nodes.length) break;
      const right = child + 1;
      if (right < nodes.length && Math.abs((nodes[right] as Node).value) > Math.abs((nodes[child] as Node).value))
        child = right;
      const below = nodes[child] as Node;
      if (Math.abs(below.value) <= size) break;
      nodes[i] = below;
      i = child;
    }
    nodes[i] = last;
    return first;
  }
}

/**
 * The products in descending order of their absolute values.
 *
 * With columns in ascending order of how much their second choice costs, every product but the first is reached once
 * from a larger one: by the next choice of its last changed column, by changing the next column too, or by changing
 * that one instead. The memory grows with the number of products that are taken, not with that of all.
 *
 * @param lists one for each column, each with at least one choice in descending order of |factor|
 */
export function* largestProducts(lists: readonly (readonly Choice[])[]): Generator<Product, void> {
  const first = lists.reduce((product, choices) => product * (choices[0] as Choice).factor, 1);
  yield { value: first, changes: [] };
  if (first === 0) return;
  const ratio = ({ choices }: Column, rank: number): number =>
    (choices[rank] as Choice).factor / (choices[rank - 1] as Choice).factor;
  const columns = lists
    .map((choices, column): Column => ({ column, choices: choices.filter(({ factor }) => factor !== 0) }))
    .filter(({ choices }) => choices.length > 1)
    .sort((a, b) => Math.abs(ratio(b, 1)) - Math.abs(ratio(a, 1)));
  const changesOf = (node: Node): Change[] => {
    const changes: Change[] = [];
    for (let at: Node | undefined = node; at !== undefined; at = at.before) {
      const { column, choices } = columns[at.place] as Column;
      changes.push({ column, choice: choices[at.rank] as Choice });
    }
    return changes;
  };
  const heap = new Heap();
  const add = (from: number, place: number, rank: number, before: Node | undefined): void => {
    const column = columns[place];
    if (column === undefined || rank >= column.choices.length) return;
    const value = from * ratio(column, rank);
    if (value !== 0) heap.push({ value, place, rank, before });
  };
  add(first, 0, 1, undefined);
  for (let node = heap.pop(); node !== undefined; node = heap.pop()) {
    yield { value: node.value, changes: changesOf(node) };
    const { value, place, rank, before } = node;
    add(value, place, rank + 1, before);
    add(value, place + 1, 1, node);
    if (rank === 1) add(value / ratio(columns[place] as Column, 1), place + 1, 1, before);
  }
}
