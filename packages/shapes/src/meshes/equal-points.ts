/** @file Groups points with exactly equal positions. */

import { indices } from '../bytes/number-list.ts';

/** Groups of points, numbered in the order of their first points. */
export interface PointGroups {
  readonly count: number;
  /** The group of each point. */
  readonly target: Uint32Array;
  /** The first point of each group. */
  readonly first: Uint32Array;
}

/**
 * Groups points with equal positions; -0 equals 0. Uses a radix sort, so the time is linear for any coordinates.
 *
 * @param positions `f32[n, 3]`
 */
export const groupEqualPoints = (positions: Float32Array): PointGroups => {
  const count = positions.length / 3;
  const bits = new Uint32Array(positions.length);
  // Adding 0 turns -0 into 0.
  new Float32Array(bits.buffer).set(positions.map(value => value + 0));
  let order: Uint32Array = indices(count);
  let next: Uint32Array = new Uint32Array(count);
  // 16-bit digits, with their longer table, pay off only for many points.
  const digit = count < 2 ** 13 ? 8 : 16;
  const starts = new Uint32Array(2 ** digit + 1);
  const mask = 2 ** digit - 1;
  for (let axis = 0; axis < 3; axis++)
    for (let shift = 0; shift < 32; shift += digit) {
      starts.fill(0);
      for (let i = axis; i < bits.length; i += 3) starts[((bits[i]! >>> shift) & mask) + 1]!++;
      // All points have the same digit.
      if (starts[((bits[axis]! >>> shift) & mask) + 1] === count) continue;
      for (let i = 0; i < mask; i++) starts[i + 1]! += starts[i]!;
      for (let i = 0; i < count; i++) {
        const point = order[i]!;
        next[starts[(bits[3 * point + axis]! >>> shift) & mask]!++] = point;
      }
      [order, next] = [next, order];
    }
  // Radix sorting is stable, so the first point of a group comes first.
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
