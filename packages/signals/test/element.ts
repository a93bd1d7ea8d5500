import type { ArrayView } from '../src/arrays/array-view.ts';
import { rowMajorStrides } from '../src/arrays/array-view.ts';

/** The element of an array at an index. */
export const element = (
  { data, shape, stride = rowMajorStrides(shape), offset = 0 }: ArrayView,
  ...index: number[]
): number => data[index.reduce((at, i, axis) => at + i * stride[axis]!, offset)] as number;
