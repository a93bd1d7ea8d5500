/** @file Distances to near points of a cloud, by a grid that is built once. */

/** Cells have about this many points. */
const POINTS_PER_CELL = 2;

/** A cloud `[count, axes]`, row-major. */
export interface Cloud {
  readonly points: ArrayLike<number>;
  readonly axes: number;
}

/** The lowest and highest coordinate along each axis. */
export const boundsOf = ({ points, axes }: Cloud): { readonly low: number[]; readonly high: number[] } => {
  const low = new Array<number>(axes).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(axes).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < points.length; i++) {
    const [axis, value] = [i % axes, points[i] as number];
    low[axis] = Math.min(low[axis] as number, value);
    high[axis] = Math.max(high[axis] as number, value);
  }
  return { low, high };
};

/** Calls `visit` with all integer vectors from `from` to `to`, inclusive. */
export const forEachCell = (
  from: readonly number[],
  to: readonly number[],
  visit: (cell: readonly number[]) => void,
): void => {
  if (from.some((first, axis) => first > (to[axis] as number))) return;
  const cell = [...from];
  for (;;) {
    visit(cell);
    let axis = 0;
    while (axis < cell.length && cell[axis] === to[axis]) {
      cell[axis] = from[axis] as number;
      axis++;
    }
    if (axis === cell.length) return;
    cell[axis] = (cell[axis] as number) + 1;
  }
};

/** The distance of each point to its k-th nearest other point, k < count. */
export const nearestDistances = ({ points, axes }: Cloud, k: number): Float64Array => {
  const count = points.length / axes;
  const { low, high } = boundsOf({ points, axes });
  const extent = Math.max(...high.map((value, axis) => value - (low[axis] as number)));
  const along = Math.max(1, Math.floor((count / POINTS_PER_CELL) ** (1 / axes)));
  const width = extent > 0 ? extent / along : 1;
  const cellOf = (index: number): number[] =>
    low.map((first, axis) =>
      Math.min(along - 1, Math.floor(((points[index * axes + axis] as number) - first) / width)),
    );
  const keyOf = (cell: readonly number[]): number => cell.reduceRight((key, place) => key * along + place, 0);
  const buckets = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const key = keyOf(cellOf(index));
    const bucket = buckets.get(key);
    if (bucket) bucket.push(index);
    else buckets.set(key, [index]);
  }
  const squareTo = (a: number, b: number): number => {
    let square = 0;
    for (let axis = 0; axis < axes; axis++)
      square += ((points[a * axes + axis] as number) - (points[b * axes + axis] as number)) ** 2;
    return square;
  };
  return Float64Array.from({ length: count }, (_, index) => {
    const own = cellOf(index);
    for (let reach = 1; ; reach *= 2) {
      const squares: number[] = [];
      const from = own.map(place => Math.max(0, place - reach));
      const to = own.map(place => Math.min(along - 1, place + reach));
      forEachCell(from, to, cell => {
        for (const other of buckets.get(keyOf(cell)) ?? []) if (other !== index) squares.push(squareTo(index, other));
      });
      const found = squares.sort((a, b) => a - b)[k - 1];
      // A point beyond the cells that were searched is at least so far away.
      if (found !== undefined && (found <= (reach * width) ** 2 || reach >= along)) return Math.sqrt(found);
      if (reach >= along) throw new Error('nearest distances: fewer points than neighbours');
    }
  });
};

/**
 * The points of a cloud that are spread over it: beginning with the first, always the one that is farthest from those
 * chosen before (Eldar et al. 1997). Takes count times the number of points.
 *
 * @param count at most the number of points
 * @returns `[count, axes]`, row-major
 */
export const farthestPoints = ({ points, axes }: Cloud, count: number): Float32Array<ArrayBuffer> => {
  const total = points.length / axes;
  const squares = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  const chosen = new Float32Array(count * axes);
  let next = 0;
  for (let index = 0; index < count; index++) {
    for (let axis = 0; axis < axes; axis++) chosen[index * axes + axis] = points[next * axes + axis] as number;
    let farthest = 0;
    for (let other = 0; other < total; other++) {
      let square = 0;
      for (let axis = 0; axis < axes; axis++)
        square += ((points[next * axes + axis] as number) - (points[other * axes + axis] as number)) ** 2;
      squares[other] = Math.min(squares[other] as number, square);
      if ((squares[other] as number) > (squares[farthest] as number)) farthest = other;
    }
    next = farthest;
  }
  return chosen;
};
