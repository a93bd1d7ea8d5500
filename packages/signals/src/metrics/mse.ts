import { type ArrayView, assertSameShape, copyElements, elementCount } from '../arrays/array-view.ts';

/** Both arrays' elements in row-major order, in double precision. */
export const elementPairs = (caller: string, a: ArrayView, b: ArrayView): readonly [Float64Array, Float64Array] => {
  assertSameShape(caller, a, b);
  const count = elementCount(a.shape);
  return [copyElements(a, new Float64Array(count)), copyElements(b, new Float64Array(count))];
};

/**
 * The mean squared error: mean((a - b)^2) over all elements, in double precision, as scikit-image's `mean_squared_error`.
 *
 * @throws RangeError when the shapes differ or are empty
 */
export const mse = (a: ArrayView, b: ArrayView): number => {
  const [x, y] = elementPairs('mse', a, b);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return sum / x.length;
};
