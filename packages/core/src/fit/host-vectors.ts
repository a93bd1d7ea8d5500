/** @file Vectors of optimizers that compute on the host. */

/** The dot product. Four partial sums: a single one would make each addition wait for the previous one. */
export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
};

/** The largest absolute value. */
export const largest = (a: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]!));
  return most;
};

/** x += factor * y */
export const addTo = (x: Float64Array, factor: number, y: ArrayLike<number>): void => {
  for (let i = 0; i < x.length; i++) x[i]! += factor * y[i]!;
};
