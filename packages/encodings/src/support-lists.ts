/** @file For each cell of a grid, the points whose kernels reach it. */
import { boundsOf, type Cloud, forEachCell } from './nearest-distances.ts';

/** The balls around points in which their kernels are not 0. */
export interface Supports extends Cloud {
  /** The radius of each. */
  readonly radii: ArrayLike<number>;
}

/** The lists, of equal length: shorter ones are filled up with the number of points, which is no point's index. */
export interface SupportLists {
  /** The lower corner of the grid, which covers all balls. */
  readonly low: readonly number[];
  /** Cells per unit of the coordinates. */
  readonly scale: readonly number[];
  /** The number of cells along each axis; the first axis changes fastest. */
  readonly cells: readonly number[];
  /** The length of each list. */
  readonly length: number;
  /** `f32[cells, length]`, row-major. */
  readonly lists: Float32Array;
}

/** At most about this many cells: a list of each is stored. */
const MAX_CELLS = 2 ** 16;

const medianOf = (values: ArrayLike<number>): number =>
  [...Array.from(values)].sort((a, b) => a - b)[values.length >> 1] as number;

/** The squared distance of a point to a box. */
const squareToBox = (point: readonly number[], low: readonly number[], high: readonly number[]): number =>
  point.reduce(
    (sum, value, axis) => sum + Math.max((low[axis] as number) - value, 0, value - (high[axis] as number)) ** 2,
    0,
  );

export const supportLists = ({ points, axes, radii }: Supports): SupportLists => {
  const count = radii.length;
  const largest = Array.from(radii).reduce((a, b) => Math.max(a, b));
  const bounds = boundsOf({ points, axes });
  const low = bounds.low.map(value => value - largest);
  const extents = bounds.high.map((value, axis) => value + largest - (low[axis] as number));
  const most = Math.floor(MAX_CELLS ** (1 / axes));
  const cells = extents.map(extent => Math.min(most, Math.max(1, Math.ceil((2 * extent) / medianOf(radii)))));
  const scale = extents.map((extent, axis) => (cells[axis] as number) / extent);
  const found = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const centre = Array.from({ length: axes }, (_, axis) => points[index * axes + axis] as number);
    // Rounding to float32 must not take a point out of a list.
    const radius = (radii[index] as number) * (1 + 1e-4);
    const at = (side: number): number[] =>
      centre.map((value, axis) => {
        const place = Math.floor((value + side * radius - (low[axis] as number)) * (scale[axis] as number));
        return Math.min(Math.max(place, 0), (cells[axis] as number) - 1);
      });
    forEachCell(at(-1), at(1), cell => {
      const corner = (add: number): number[] =>
        cell.map((place, axis) => (low[axis] as number) + (place + add) / (scale[axis] as number));
      if (squareToBox(centre, corner(0), corner(1)) > radius ** 2) return;
      const key = cell.reduceRight((sum, place, axis) => sum * (cells[axis] as number) + place, 0);
      const list = found.get(key);
      if (list) list.push(index);
      else found.set(key, [index]);
    });
  }
  const length = [...found.values()].reduce((longest, list) => Math.max(longest, list.length), 1);
  const lists = new Float32Array(cells.reduce((product, n) => product * n, 1) * length).fill(count);
  for (const [key, list] of found) lists.set(list, key * length);
  return { low, scale, cells, length, lists };
};
