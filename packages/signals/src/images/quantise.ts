import { type ArrayView, elementCount, elementReader } from '../arrays/array-view.ts';
import type { Work } from '../work/work.ts';

/** Bits per channel of an encoded file. */
export type BitDepth = 8 | 16;

/** Makes the typed array of a bit depth. */
export const createSamples = (
  bitDepth: BitDepth,
  length: number,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> =>
  bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length);

/**
 * Rounds values in [0, 1] to integers 0 ... 2^bitDepth - 1. Values outside are clipped, since fields overshoot.
 *
 * @param start the flat index of the first value, for messages
 * @throws RangeError at NaN
 */
export const quantise = (
  caller: string,
  values: ArrayLike<number>,
  bitDepth: BitDepth,
  start = 0,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> => {
  const maximum = 2 ** bitDepth - 1;
  const samples = createSamples(bitDepth, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value))
      throw new RangeError(`${caller}: values must be numbers, got NaN at flat index ${start + i}`);
    samples[i] = Math.round(Math.min(1, Math.max(0, value)) * maximum);
  }
  return samples;
};

/** The number of values that are rounded between yields to the event loop. */
const VALUES_PER_SLICE = 2 ** 15;

/** Applies {@link quantise} to a whole array in row-major order. */
export function* quantiseArray(caller: string, view: ArrayView, bitDepth: BitDepth): Work<ReturnType<typeof quantise>> {
  const count = elementCount(view.shape);
  const samples = createSamples(bitDepth, count);
  const read = elementReader(view);
  for (let start = 0; start < count; start += VALUES_PER_SLICE) {
    yield start / count;
    const values = new Float64Array(Math.min(VALUES_PER_SLICE, count - start));
    read(values);
    samples.set(quantise(caller, values, bitDepth, start), start);
  }
  return samples;
}
