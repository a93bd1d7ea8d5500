/**
 * @file A k-d tree (Bentley, "Multidimensional binary search trees used for associative searching", 1975), balanced, in
 *   one array of point indices: the middle of a range is its root, which splits along the range's widest axis.
 */

/** The nearest point to a query. */
export interface Nearest {
  /** The index of the point. */
  readonly index: number;
  readonly squaredDistance: number;
}

/** A spatial index of points. */
export interface KdTree {
  /** The nearest point to (x, y, z); any of them if there are several. */
  nearest(x: number, y: number, z: number): Nearest;
}

/** Ranges up to this length are searched linearly. */
const LEAF = 8;

const widestAxis = (positions: Float32Array, order: Uint32Array, from: number, to: number): number => {
  let [axis, width] = [0, -1];
  for (let k = 0; k < 3; k++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      const value = positions[3 * order[i]! + k]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high - low > width) [axis, width] = [k, high - low];
  }
  return axis;
};

/**
 * Reorders a range so that index `middle` has the element that it would have if sorted, with none larger before and
 * none smaller after: Hoare's quickselect, 1961.
 */
const select = (
  order: Uint32Array,
  key: (point: number) => number,
  range: { from: number; to: number; middle: number },
): void => {
  let [from, to] = [range.from, range.to - 1];
  while (from < to) {
    const pivot = key(order[(from + to) >> 1]!);
    let [i, j] = [from, to];
    while (i <= j) {
      while (key(order[i]!) < pivot) i++;
      while (key(order[j]!) > pivot) j--;
      if (i <= j) {
        const swapped = order[i]!;
        order[i++] = order[j]!;
        order[j--] = swapped;
      }
    }
    if (range.middle <= j) to = j;
    else if (range.middle >= i) from = i;
    else return;
  }
};

/**
 * @param positions `f32[n, 3]`, finite
 * @throws RangeError when there are no points
 */
export const createKdTree = (positions: Float32Array): KdTree => {
  const count = positions.length / 3;
  if (count === 0) throw new RangeError('createKdTree: at least one point is needed, got none');
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const axes = new Uint8Array(count);
  const build = (from: number, to: number): void => {
    if (to - from <= LEAF) return;
    const middle = (from + to) >> 1;
    const axis = widestAxis(positions, order, from, to);
    select(order, point => positions[3 * point + axis]!, { from, to, middle });
    axes[middle] = axis;
    build(from, middle);
    build(middle + 1, to);
  };
  build(0, count);

  const query = [0, 0, 0];
  let best = Infinity;
  let index = 0;
  const visit = (point: number): void => {
    const [x, y, z] = [
      positions[3 * point]! - query[0]!,
      positions[3 * point + 1]! - query[1]!,
      positions[3 * point + 2]! - query[2]!,
    ];
    const squared = x * x + y * y + z * z;
    if (squared < best) {
      best = squared;
      index = point;
    }
  };
  const search = (from: number, to: number): void => {
    if (to - from <= LEAF) {
      for (let i = from; i < to; i++) visit(order[i]!);
      return;
    }
    const middle = (from + to) >> 1;
    const root = order[middle]!;
    visit(root);
    const ahead = query[axes[middle]!]! - positions[3 * root + axes[middle]!]!;
    if (ahead < 0) search(from, middle);
    else search(middle + 1, to);
    if (ahead * ahead >= best) return;
    if (ahead < 0) search(middle + 1, to);
    else search(from, middle);
  };
  return {
    nearest: (x, y, z) => {
      query.splice(0, 3, x, y, z);
      best = Infinity;
      search(0, count);
      return { index, squaredDistance: best };
    },
  };
};
