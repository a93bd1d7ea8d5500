import { type ArrayView, copyElements, elementCount, formatShape, rowMajorStrides } from '../arrays/array-view.ts';

/**
 * What an array is taken to be beyond its ends, by scipy.ndimage's names: `reflect` (d c b a | a b c d | d c b a),
 * `nearest` (a a a a | a b c d | d d d d), `mirror` (d c b | a b c d | c b a), `wrap` (a b c d | a b c d | a b c d).
 * For filters of three weights, as all here, `reflect` and `nearest` are the same.
 */
export type Boundary = 'reflect' | 'nearest' | 'mirror' | 'wrap';

/** How a filter treats the ends. */
export interface FilterOptions {
  /** Default: `reflect`, as in scipy.ndimage. */
  readonly boundary?: Boundary;
}

/** Three weights, for the element before, the element, and the element after. */
export type ThreeWeights = readonly [before: number, here: number, after: number];

/** An array of double precision in row-major order, on its way through several filters. */
export interface Grid {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/**
 * @throws RangeError when the array is empty or not `[...grid, channels]`
 */
export const toGrid = (caller: string, { shape, ...view }: ArrayView): Grid => {
  if (shape.length < 2 || elementCount(shape) === 0)
    throw new RangeError(`${caller}: the array must be [...grid, channels] and not empty, got ${formatShape(shape)}`);
  return { data: copyElements({ shape, ...view }, new Float64Array(elementCount(shape))), shape };
};

/** The index of the element that stands in for index `i`, which is at most one step outside. */
const standIn = (i: number, length: number, boundary: Boundary): number => {
  if (i >= 0 && i < length) return i;
  if (boundary === 'wrap') return (i + length) % length;
  if (boundary === 'mirror' && length > 1) return i < 0 ? 1 : length - 2;
  return i < 0 ? 0 : length - 1;
};

/** Correlates along one axis: out[i] = before * in[i - 1] + here * in[i] + after * in[i + 1]. */
export const correlateAxis = (
  { data, shape }: Grid,
  axis: number,
  [before, here, after]: ThreeWeights,
  boundary: Boundary,
): Grid => {
  const length = shape[axis]!;
  const stride = rowMajorStrides(shape)[axis]!;
  const out = new Float64Array(data.length);
  const end = (at: number, previous: number, next: number): void => {
    for (let k = 0; k < stride; k++)
      out[at + k] = before * data[previous + k]! + here * data[at + k]! + after * data[next + k]!;
  };
  for (let first = 0; first < data.length; first += length * stride) {
    const last = first + (length - 1) * stride;
    for (let at = first + stride; at < last; at++)
      out[at] = before * data[at - stride]! + here * data[at]! + after * data[at + stride]!;
    const place = (i: number): number => first + standIn(i, length, boundary) * stride;
    end(first, place(-1), place(1));
    if (length > 1) end(last, place(length - 2), place(length));
  }
  return { data: out, shape };
};
