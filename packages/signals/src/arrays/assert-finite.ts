import { type ArrayView, eachRun, elementCount, formatShape } from './array-view.ts';

const isInteger = (data: ArrayLike<number>): boolean =>
  ArrayBuffer.isView(data) && !(data instanceof Float32Array || data instanceof Float64Array);

/** The index of the element at a flat, row-major index. */
const indexAt = (flat: number, shape: readonly number[]): number[] => {
  let rest = flat;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % (shape[axis] as number);
    rest = Math.floor(rest / (shape[axis] as number));
  }
  return index;
};

/**
 * Describes the elements that are not finite in float32: NaN, infinite or larger than 3.4e38 in magnitude, as `3 of 400
 * are not, the first NaN at [50, 0]`. `undefined` if there are none. Arrays of integers are not scanned.
 */
export const describeNotFinite = (view: ArrayView): string | undefined => {
  const { data, shape } = view;
  if (isInteger(data)) return undefined;
  let count = 0;
  let found = { flat: 0, value: 0 };
  eachRun(view, ({ from, step, length, index }) => {
    for (let i = 0, at = from; i < length; i++, at += step) {
      const value = data[at] as number;
      if (Number.isFinite(Math.fround(value))) continue;
      if (count++ === 0) found = { flat: index + i, value };
    }
  });
  if (count === 0) return undefined;
  const where = formatShape(indexAt(found.flat, shape));
  return `${count} of ${elementCount(shape)} ${count === 1 ? 'is' : 'are'} not, the first ${found.value} at ${where}`;
};

/**
 * Checks every element of an array.
 *
 * @param what e.g. `the values of the image`
 * @throws RangeError with the first index and the count when elements are NaN, infinite or beyond float32
 */
export const assertFinite = (caller: string, what: string, view: ArrayView): void => {
  const found = describeNotFinite(view);
  if (found) throw new RangeError(`${caller}: ${what} must be finite float32 numbers; ${found}`);
};
