/**
 * @file The array type that every solver accepts: the four fields of an `ndarray`, with any element type and strides.
 */
import ndarray, { type NdArray } from 'ndarray';

/**
 * A strided array: element `[i, j, ...]` is `data[offset + i * stride[0] + j * stride[1] + ...]`. Any `ndarray` can be
 * passed.
 */
export interface StridedArray {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** The number of elements of a shape. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** `[4, 5, 3]`, for messages. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/**
 * Copies the elements in row-major order, in double precision.
 *
 * @throws RangeError when the array is empty, or an element is not a finite number
 */
export const toFloat64 = (caller: string, { data, shape, stride, offset }: StridedArray): Float64Array => {
  const count = elementCount(shape);
  if (count === 0) throw new RangeError(`${caller}: the array must not be empty, got ${formatShape(shape)}`);
  const values = new Float64Array(count);
  const index = shape.map(() => 0);
  let from = offset;
  for (let i = 0; i < count; i++) {
    const value = data[from]!;
    if (!Number.isFinite(value))
      throw new RangeError(`${caller}: the elements must be finite numbers, got ${value} at ${formatShape(index)}`);
    values[i] = value;
    // Advance the index like an odometer.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return values;
};

/** @throws RangeError when the array has another shape */
export const assertShape = (caller: string, what: string, { shape }: StridedArray, wanted: readonly number[]): void => {
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${caller}: ${what} must be ${formatShape(wanted)}, got ${formatShape(shape)}`);
};

/** A row-major array. */
export const toNdarray = (data: Float64Array, shape: readonly number[]): NdArray<Float64Array> =>
  ndarray(data, [...shape]);
