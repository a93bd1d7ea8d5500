/** @file Sets of things that can only be removed together. */

/** A disjoint-set forest over integers that are handed out in ranges. */
export class Slots {
  readonly #parents: number[] = [];

  /** A range of new slots, each a set of its own. @returns the first */
  add(count: number): number {
    const first = this.#parents.length;
    for (let i = 0; i < count; i++) this.#parents.push(first + i);
    return first;
  }

  /** The representative of a slot's set. */
  find(slot: number): number {
    let root = slot;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    for (let at = slot; at !== root; ) {
      const next = this.#parents[at] as number;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }

  /** Merges the sets of two slots. */
  union(a: number, b: number): void {
    const [left, right] = [this.find(a), this.find(b)];
    if (left !== right) this.#parents[Math.max(left, right)] = Math.min(left, right);
  }
}
