/**
 * @file Copies between arrays with different strides: the basis of transposes, slices, tiling, padding and
 *   concatenation.
 */

/** One axis with its strides in source and target; `from` is 0 where the source is repeated along the axis. */
export interface CopyAxis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Runs shorter than this are copied faster element by element than as subarrays. */
const MIN_SUBARRAY_LENGTH = 32;

/** The strides of a row-major array. */
export const rowMajorSteps = (shape: readonly number[]): number[] => {
  const steps: number[] = [];
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    steps.unshift(step);
    step *= shape[axis] as number;
  }
  return steps;
};

/** Removes axes of length 1, and merges neighbouring axes where one loop can traverse both. */
const merged = (axes: readonly CopyAxis[]): CopyAxis[] => {
  const result: CopyAxis[] = [];
  for (const axis of axes.toReversed()) {
    const inner = result[0];
    if (axis.length === 1) continue;
    if (inner && axis.from === inner.from * inner.length && axis.to === inner.to * inner.length)
      result[0] = { ...inner, length: inner.length * axis.length };
    else result.unshift(axis);
  }
  return result;
};

const copyRun = (
  x: Float32Array,
  start: number,
  y: Float32Array,
  target: number,
  { length, from, to }: CopyAxis,
): void => {
  if (from === 1 && to === 1 && length >= MIN_SUBARRAY_LENGTH) y.set(x.subarray(start, start + length), target);
  else if (from === 0 && to === 1) y.fill(x[start] as number, target, target + length);
  else for (let i = 0; i < length; i++) y[target + i * to] = x[start + i * from] as number;
};

/** Copies x[start + sum_k i_k from_k] to y[target + sum_k i_k to_k] for all indices; the outermost axis comes first. */
export const stridedCopy = (
  x: Float32Array,
  start: number,
  y: Float32Array,
  target: number,
  allAxes: readonly CopyAxis[],
): void => {
  if (allAxes.some(({ length }) => length === 0)) return;
  const axes = merged(allAxes);
  const inner = axes.pop() ?? { length: 1, from: 0, to: 1 };
  const index = axes.map(() => 0);
  for (;;) {
    copyRun(x, start, y, target, inner);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { length, from, to } = axes[axis] as CopyAxis;
      start += from;
      target += to;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < length) break;
      index[axis] = 0;
      start -= from * length;
      target -= to * length;
    }
    if (axis < 0) return;
  }
};
