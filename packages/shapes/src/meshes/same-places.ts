/** @file Which points are at exactly the same place. */

/** Points at one place, numbered in the order in which places first occur. */
export interface Places {
  readonly count: number;
  /** For each point, the number of its place. */
  readonly target: Uint32Array;
  /** For each place, its first point. */
  readonly first: Uint32Array;
}

/**
 * Groups points by place; -0 and 0 are the same. Sorted by radix, so the time is linear whatever the coordinates are.
 *
 * @param positions `f32[n, 3]`
 */
export const samePlaces = (positions: Float32Array): Places => {
  const count = positions.length / 3;
  const bits = new Uint32Array(positions.map(value => value + 0).buffer);
  let [order, next] = [Uint32Array.from({ length: count }, (_, i) => i), new Uint32Array(count)];
  const starts = new Uint32Array(257);
  for (let axis = 0; axis < 3; axis++)
    for (let shift = 0; shift < 32; shift += 8) {
      starts.fill(0);
      for (let i = 0; i < count; i++) starts[((bits[3 * i + axis]! >>> shift) & 255) + 1]!++;
      if (starts.includes(count)) continue;
      for (let i = 0; i < 256; i++) starts[i + 1]! += starts[i]!;
      for (let i = 0; i < count; i++) {
        const point = order[i]!;
        next[starts[(bits[3 * point + axis]! >>> shift) & 255]!++] = point;
      }
      [order, next] = [next, order];
    }
  // In a group of equal points the first stands first: radix sorting is stable.
  const leader = next;
  for (let i = 0; i < count; i++) {
    const [point, before] = [order[i]!, order[i - 1]];
    const same =
      before !== undefined &&
      bits[3 * point] === bits[3 * before] &&
      bits[3 * point + 1] === bits[3 * before + 1] &&
      bits[3 * point + 2] === bits[3 * before + 2];
    leader[point] = same ? leader[before]! : point;
  }
  const target = new Uint32Array(count);
  const first = order;
  let kept = 0;
  for (let i = 0; i < count; i++)
    if (leader[i] === i) {
      first[kept] = i;
      target[i] = kept++;
    } else target[i] = target[leader[i]!]!;
  return { count: kept, target, first: first.slice(0, kept) };
};
