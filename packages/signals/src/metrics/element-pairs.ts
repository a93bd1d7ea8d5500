import { type ArrayView, assertSameShape, elementCount, elementReader } from '../arrays/array-view.ts';
import type { Work } from '../work/work.ts';

/** The number of elements that are read between yields to the event loop. */
const ELEMENTS_PER_SLICE = 2 ** 15;

/**
 * Passes the elements of two arrays to `take` in row-major order, in double precision and in parts.
 *
 * @throws RangeError when the shapes differ or are empty
 */
export function* eachPair(
  caller: string,
  a: ArrayView,
  b: ArrayView,
  take: (x: Float64Array, y: Float64Array) => void,
): Work<number> {
  assertSameShape(caller, a, b);
  const count = elementCount(a.shape);
  const [readA, readB] = [elementReader(a), elementReader(b)];
  const [x, y] = [
    new Float64Array(Math.min(ELEMENTS_PER_SLICE, count)),
    new Float64Array(Math.min(ELEMENTS_PER_SLICE, count)),
  ];
  for (let start = 0; start < count; start += ELEMENTS_PER_SLICE) {
    const length = Math.min(ELEMENTS_PER_SLICE, count - start);
    const [p, q] = [x.subarray(0, length), y.subarray(0, length)];
    readA(p);
    readB(q);
    take(p, q);
    yield start / count;
  }
  return count;
}
