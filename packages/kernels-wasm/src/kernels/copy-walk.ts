/**
 * @file Copies between arrays whose axes lie at other distances: transposes, slices, repetitions, paddings and joins
 * are all of this kind.
 */

/** One axis of what is copied; `from` is 0 where the source is repeated along the axis. */
export interface CopyAxis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Runs shorter than this are copied faster number by number than as subarrays. */
const SHORT = 32;

/** The distance between neighbours along each axis of a row-major array. */
export const rowMajorSteps = (shape: readonly number[]): number[] => {
  const steps: number[] = [];
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    steps.unshift(step);
    step *= shape[axis] as number;
  }
  return steps;
};

/** Leaves out axes of length 1, and makes one of neighbours that can be walked through as one. */
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
  if (from === 1 && to === 1 && length >= SHORT) y.set(x.subarray(start, start + length), target);
  else if (from === 0 && to === 1) y.fill(x[start] as number, target, target + length);
  else for (let i = 0; i < length; i++) y[target + i * to] = x[start + i * from] as number;
};

/** Copies x[start + sum_k i_k from_k] to y[target + sum_k i_k to_k] for all indices; the outermost axis comes first. */
export const copyWalk = (
  x: Float32Array,
  start: number,
  y: Float32Array,
  target: number,
  allAxes: readonly CopyAxis[],
): void => {
  if (allAxes.some(({ length }) => length === 0)) return;
  const axes = merged(allAxes);
  const inner = axes.pop() ?? { length: 1, from: 0, to: 1 };
  const place = axes.map(() => 0);
  for (;;) {
    copyRun(x, start, y, target, inner);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { length, from, to } = axes[axis] as CopyAxis;
      start += from;
      target += to;
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < length) break;
      place[axis] = 0;
      start -= from * length;
      target -= to * length;
    }
    if (axis < 0) return;
  }
};
