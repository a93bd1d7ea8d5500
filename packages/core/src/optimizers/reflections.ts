/**
 * @file Householder reflections I - factor v v': Golub and Van Loan, Matrix Computations, 4th edition, 2013, section
 *   5.1.
 */

/** Four partial sums: a single one would make each addition wait for the previous one. */
const dot = (a: Float64Array, i: number, b: Float64Array, j: number, length: number): number => {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (; k < length; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + (s2 + s3);
};

/**
 * The reflection that maps the vector in `values` from `start` to `end` onto its first axis. Overwrites it with v.
 *
 * @returns the factor, 0 for the identity, and the first element of the image
 */
export const reflectionOf = (
  values: Float64Array,
  start: number,
  end: number,
): readonly [factor: number, first: number] => {
  const head = values[start]!;
  const tail = dot(values, start + 1, values, start + 1, end - start - 1);
  if (tail === 0) return [0, head];
  const first = (head > 0 ? -1 : 1) * Math.sqrt(head * head + tail);
  values[start] = head - first;
  return [2 / ((head - first) ** 2 + tail), first];
};

/** Reflects `length` elements of `target` at v, which is in `source`. */
export const applyReflection = (
  source: Float64Array,
  v: number,
  factor: number,
  target: Float64Array,
  start: number,
  length: number,
): void => {
  const along = factor * dot(source, v, target, start, length);
  if (along === 0) return;
  for (let k = 0; k < length; k++) target[start + k]! -= along * source[v + k]!;
};
