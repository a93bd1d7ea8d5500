/** @file Elementwise operations on two arrays with broadcasting, as a few long runs. */
import { allocate } from '../wasm/memory.ts';

/** One axis of the result; an operand's step is 0 where it is repeated along the axis. */
interface Axis {
  readonly length: number;
  readonly stepA: number;
  readonly stepB: number;
}

/** How two operands are traversed. */
export interface BroadcastPlan {
  readonly shape: number[];
  readonly size: number;
  /** Outermost first; neighbouring axes are merged where one loop can traverse both. */
  readonly axes: readonly Axis[];
}

/** Whether two shapes broadcast: along each axis, counted from the last, they are equal or one of them is 1. */
export const broadcasts = (a: readonly number[], b: readonly number[]): boolean => {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const [x, y] = [a[a.length - i], b[b.length - i]];
    if (x !== y && x !== 1 && y !== 1) return false;
  }
  return true;
};

/** Plans the traversal of two row-major arrays; their shapes are aligned at the last axis. */
export const planBroadcast = (a: readonly number[], b: readonly number[]): BroadcastPlan => {
  const rank = Math.max(a.length, b.length);
  const lengthAt = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [lengthAt(a, axis), lengthAt(b, axis)];
    return x === 1 ? y : x;
  });
  const axes: Axis[] = [];
  let [sizeA, sizeB] = [1, 1];
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    const [lengthA, lengthB] = [lengthAt(a, axis), lengthAt(b, axis)];
    const [stepA, stepB] = [lengthA === 1 ? 0 : sizeA, lengthB === 1 ? 0 : sizeB];
    sizeA *= lengthA;
    sizeB *= lengthB;
    if (length === 1) continue;
    const inner = axes[0];
    const merges = inner && stepA === inner.stepA * inner.length && stepB === inner.stepB * inner.length;
    if (merges) axes[0] = { ...inner, length: inner.length * length };
    else axes.unshift({ length, stepA, stepB });
  }
  return { shape, size: shape.reduce((size, length) => size * length, 1), axes };
};

/** A run of the innermost axis: y[start + i] = a[startA + i stepA] op b[startB + i stepB]. */
export type Run = (
  a: Float32Array,
  startA: number,
  stepA: number,
  b: Float32Array,
  startB: number,
  stepB: number,
  y: Float32Array,
  start: number,
  count: number,
) => void;

/** Applies an operation to all elements. */
export const applyBroadcast = (
  run: Run,
  a: Float32Array,
  b: Float32Array,
  { size, axes }: BroadcastPlan,
): Float32Array => {
  const y = allocate(size);
  if (size === 0) return y;
  const inner = axes.at(-1) ?? { length: 1, stepA: 0, stepB: 0 };
  const outer = axes.slice(0, -1);
  const index = outer.map(() => 0);
  let [startA, startB] = [0, 0];
  for (let start = 0; start < size; start += inner.length) {
    run(a, startA, inner.stepA, b, startB, inner.stepB, y, start, inner.length);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const { length, stepA, stepB } = outer[axis] as Axis;
      startA += stepA;
      startB += stepB;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < length) break;
      index[axis] = 0;
      startA -= stepA * length;
      startB -= stepB * length;
    }
  }
  return y;
};
