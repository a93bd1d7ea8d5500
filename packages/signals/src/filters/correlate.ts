import { assertOneOf } from '@neural-fields/core/options';
import { type ArrayView, copyElements, elementCount, formatShape, rowMajorStrides } from '../arrays/array-view.ts';

const boundaryModes = ['reflect', 'nearest', 'mirror', 'wrap'] as const;

/**
 * How an array is extended beyond its ends, with the names of scipy.ndimage: `reflect` (d c b a | a b c d | d c b a),
 * `nearest` (a a a a | a b c d | d d d d), `mirror` (d c b | a b c d | c b a), `wrap` (a b c d | a b c d | a b c d).
 * For filters with three weights, as here, `reflect` and `nearest` are the same.
 */
export type BoundaryMode = (typeof boundaryModes)[number];

/** @throws RangeError when the name is unknown */
export const assertBoundary = (caller: string, boundary: unknown, others: readonly string[] = []): void =>
  assertOneOf(`${caller}: boundary`, boundary, [...boundaryModes, ...others]);

/** The options of filters. */
export interface FilterOptions {
  /** Default: `reflect`, as in scipy.ndimage. */
  readonly boundary?: BoundaryMode;
}

/** Three weights, for the previous element, the element itself and the next one. */
export type ThreeWeights = readonly [before: number, here: number, after: number];

/** A double-precision array in row-major order, to which several filters can be applied. */
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

/** The index of the element that replaces index `i`, which is at most one step outside. */
const sourceIndex = (i: number, length: number, boundary: BoundaryMode): number => {
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
  boundary: BoundaryMode,
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
    const at = (i: number): number => first + sourceIndex(i, length, boundary) * stride;
    end(first, at(-1), at(1));
    if (length > 1) end(last, at(length - 2), at(length));
  }
  return { data: out, shape };
};
