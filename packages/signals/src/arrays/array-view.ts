/**
 * @file The array type that every function here accepts: plain data with the four fields of an `ndarray`, with any
 *   element type and strides.
 */

/**
 * An array view: element `[i, j, ...]` is `data[offset + i * stride[0] + j * stride[1] + ...]`. Any `ndarray` can be
 * passed, and so can `{ data, shape }` alone, in row-major order.
 */
export interface ArrayView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** The steps in `data` along each axis; row-major if absent. */
  readonly stride?: readonly number[];
  /** The index of the first element in `data`; 0 if absent. */
  readonly offset?: number;
}

/** The number of elements of a shape; 1 for the empty shape. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

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

/** The axes, with contiguous ones merged, so that the last axis is as long as possible. */
const mergedAxes = ({ shape, stride = rowMajorStrides(shape) }: ArrayView): { length: number; step: number }[] => {
  const axes: { length: number; step: number }[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [length, step] = [shape[axis] as number, stride[axis] as number];
    const inner = axes[0];
    if (inner && step === inner.step * inner.length) inner.length *= length;
    else axes.unshift({ length, step });
  }
  return axes;
};

/**
 * Visits an array in row-major order, in runs of elements with a constant step: elements `index` ... `index + length -
 * 1` are `data[from]`, `data[from + step]`, ...
 */
export const eachRun = (
  view: ArrayView,
  visit: (run: { from: number; step: number; length: number; index: number }) => void,
): void => {
  const axes = mergedAxes(view);
  const count = elementCount(view.shape);
  const last = axes.pop() ?? { length: 1, step: 0 };
  const run = { from: view.offset ?? 0, ...last, index: 0 };
  // The last axis is the run; the others advance like an odometer.
  const index = axes.map(() => 0);
  for (; run.index < count; run.index += run.length) {
    visit(run);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { length, step } = axes[axis] as { length: number; step: number };
      index[axis] = (index[axis] as number) + 1;
      run.from += step;
      if ((index[axis] as number) < length) break;
      run.from -= step * length;
      index[axis] = 0;
    }
  }
};

/**
 * Reads an array in row-major order, in consecutive parts of any length.
 *
 * @returns a function that fills its argument with the next elements
 */
export const elementReader = (view: ArrayView): ((target: Float64Array) => void) => {
  const { data } = view;
  const axes = mergedAxes(view);
  const last = axes.pop() ?? { length: 1, step: 0 };
  const index = axes.map(() => 0);
  let from = view.offset ?? 0;
  let done = 0;
  return target => {
    for (let at = 0; at < target.length; ) {
      const count = Math.min(last.length - done, target.length - at);
      const start = from + done * last.step;
      if (last.step === 1 && (data instanceof Float32Array || data instanceof Float64Array))
        target.set(data.subarray(start, start + count), at);
      else for (let i = 0, index = start; i < count; i++, index += last.step) target[at + i] = data[index] as number;
      at += count;
      done += count;
      if (done < last.length) return;
      done = 0;
      for (let axis = axes.length - 1; axis >= 0; axis--) {
        const { length, step } = axes[axis] as { length: number; step: number };
        index[axis] = (index[axis] as number) + 1;
        from += step;
        if ((index[axis] as number) < length) break;
        from -= step * length;
        index[axis] = 0;
      }
    }
  };
};

/**
 * Writes the elements of `view` in row-major order to the start of `target`, which may be any typed array that is at
 * least as long.
 *
 * @returns `target`
 */
export const copyElements = <T extends { [index: number]: number }>(view: ArrayView, target: T): T => {
  const { data } = view;
  eachRun(view, ({ from, step, length, index }) => {
    for (let i = 0, at = from; i < length; i++, at += step) target[index + i] = data[at] as number;
  });
  return target;
};

/** @throws RangeError when the shapes differ or have no elements */
export const assertSameShape = (caller: string, a: ArrayView, b: ArrayView): void => {
  if (a.shape.length !== b.shape.length || a.shape.some((length, axis) => length !== b.shape[axis]))
    throw new RangeError(
      `${caller}: both arrays must have the same shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  if (elementCount(a.shape) === 0)
    throw new RangeError(`${caller}: the arrays must not be empty, got ${formatShape(a.shape)}`);
};
