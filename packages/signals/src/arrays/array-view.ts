/** @file What every function here accepts as an array: plain data, with the four fields of an `ndarray`, whatever the element type and the strides. */

/**
 * An array of numbers: element `[i, j, ...]` is `data[offset + i * stride[0] + j * stride[1] + ...]`. Every `ndarray` is one, and so is
 * `{ data, shape }` alone, in row-major order.
 */
export interface ArrayView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** The steps in `data` along the axes; row-major if absent. */
  readonly stride?: readonly number[];
  /** The place of the first element in `data`; 0 if absent. */
  readonly offset?: number;
}

/** The number of elements of a shape; 1 for the empty shape. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** `[4, 5, 3]`, for messages. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Row-major strides of a contiguous array. */
export const rowMajorStrides = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
};

/**
 * Visits an array in row-major order, a run along its last axis at a time: elements `place` ... `place + length - 1` are
 * `data[from]`, `data[from + step]`, ...
 */
export const eachRun = (
  view: ArrayView,
  visit: (run: { from: number; step: number; length: number; place: number }) => void,
): void => {
  const { shape, stride = rowMajorStrides(shape), offset = 0 } = view;
  const rank = shape.length;
  const count = elementCount(shape);
  const run = {
    from: offset,
    step: rank === 0 ? 0 : (stride[rank - 1] as number),
    length: rank === 0 ? 1 : (shape[rank - 1] as number),
    place: 0,
  };
  // The last axis is the run; the others turn over like an odometer.
  const index = new Array<number>(rank).fill(0);
  for (; run.place < count; run.place += run.length) {
    visit(run);
    for (let axis = rank - 2; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      run.from += stride[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      run.from -= (stride[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
};

/**
 * Writes the elements of `view` in row-major order to the start of `target`, which may be any typed array of at least its size.
 *
 * @returns `target`
 */
export const copyElements = <T extends { [index: number]: number }>(view: ArrayView, target: T): T => {
  const { data } = view;
  eachRun(view, ({ from, step, length, place }) => {
    for (let i = 0, at = from; i < length; i++, at += step) target[place + i] = data[at] as number;
  });
  return target;
};

/**
 * @throws RangeError when the shapes differ or hold nothing
 */
export const assertSameShape = (caller: string, a: ArrayView, b: ArrayView): void => {
  if (a.shape.length !== b.shape.length || a.shape.some((length, axis) => length !== b.shape[axis]))
    throw new RangeError(`${caller}: both arrays must have one shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  if (elementCount(a.shape) === 0) throw new RangeError(`${caller}: the arrays must not be empty, got ${formatShape(a.shape)}`);
};
