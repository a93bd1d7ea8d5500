import { type ArrayView, copyElements, elementCount } from '../arrays/array-view.ts';

/** Bits of a channel in a file that is written. */
export type BitDepth = 8 | 16;

/** The typed array of a bit depth. */
export const createSamples = (bitDepth: BitDepth, length: number): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> =>
  bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length);

/**
 * Rounds values in [0, 1] to integers 0 ... 2^bitDepth - 1. Values outside are clipped: a field overshoots.
 *
 * @throws RangeError at NaN, which has no colour
 */
export const quantise = (
  caller: string,
  values: ArrayLike<number>,
  bitDepth: BitDepth,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> => {
  const maximum = 2 ** bitDepth - 1;
  const samples = createSamples(bitDepth, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) throw new RangeError(`${caller}: values must be numbers, got NaN at flat index ${i}`);
    samples[i] = Math.round(Math.min(1, Math.max(0, value)) * maximum);
  }
  return samples;
};

/** `quantise` of a whole array in row-major order. */
export const quantiseArray = (caller: string, view: ArrayView, bitDepth: BitDepth): ReturnType<typeof quantise> =>
  quantise(caller, copyElements(view, new Float32Array(elementCount(view.shape))), bitDepth);
