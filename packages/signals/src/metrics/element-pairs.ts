import { type ArrayView, assertSameShape, elementCount, elementReader } from '../arrays/array-view.ts';
import type { Work } from '../work/work.ts';

/** Elements that are read between two pauses. */
const ROUND = 2 ** 15;

/**
 * Hands over the elements of two arrays in row-major order and in double precision, some at a time.
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
  const [x, y] = [new Float64Array(Math.min(ROUND, count)), new Float64Array(Math.min(ROUND, count))];
  for (let start = 0; start < count; start += ROUND) {
    const length = Math.min(ROUND, count - start);
    const [p, q] = [x.subarray(0, length), y.subarray(0, length)];
    readA(p);
    readB(q);
    take(p, q);
    yield start / count;
  }
  return count;
}
