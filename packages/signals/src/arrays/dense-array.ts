import { elementCount, formatShape, rowMajorStrides } from './array-view.ts';

/**
 * A contiguous row-major array: element `[i, j, ...]` is `data[i * stride[0] + j * stride[1] + ...]`, and the last
 * stride is 1.
 *
 * It is plain data. `ndarray(a.data, a.shape, a.stride, a.offset)` gives it the methods of an `ndarray`; those are
 * compiled with `Function`, which needs `unsafe-eval` in a page's content security policy. This package does not.
 */
export interface DenseArray<Data extends ArrayLike<number> = Float32Array> {
  readonly data: Data;
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;
}

/**
 * Makes an array from values in row-major order; `data` is not copied.
 *
 * @throws RangeError when the length of `data` does not match the shape
 */
export const denseArray = <Data extends ArrayLike<number>>(data: Data, shape: readonly number[]): DenseArray<Data> => {
  if (elementCount(shape) !== data.length)
    throw new RangeError(
      `denseArray: data must have ${elementCount(shape)} elements for ${formatShape(shape)}, got ${data.length}`,
    );
  return { data, shape: [...shape], stride: rowMajorStrides(shape), offset: 0 };
};
