/** @file The colours of a spectrum. */
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** From dark to light in even steps of lightness, so that it also reads in grey: red, green, blue in [0, 1]. */
const STOPS = [
  [0.05, 0.03, 0.14],
  [0.23, 0.12, 0.41],
  [0.55, 0.19, 0.47],
  [0.85, 0.36, 0.35],
  [0.97, 0.66, 0.34],
  [0.99, 0.95, 0.75],
] as const;

/** The colour of a value in [0, 1]. */
const colourOf = (value: number): readonly [number, number, number] => {
  const place = Math.min(1, Math.max(0, value)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  const [from, to] = [STOPS[index], STOPS[index + 1]] as [readonly number[], readonly number[]];
  const mix = (c: number): number => (from[c] as number) + ((to[c] as number) - (from[c] as number)) * (place - index);
  return [mix(0), mix(1), mix(2)];
};

/** Values as a colour picture on a logarithmic scale, from `low` (dark) to `high` (light). */
export const logarithmicPicture = (
  values: ArrayLike<number>,
  [height, width]: readonly [number, number],
  { low, high }: { readonly low: number; readonly high: number },
): Image => {
  const data = new Float32Array(height * width * 3);
  const [from, to] = [Math.log(low), Math.log(high)];
  for (let i = 0; i < height * width; i++)
    data.set(colourOf((Math.log(Math.max(values[i] as number, low)) - from) / (to - from)), 3 * i);
  return ndarray(data, [height, width, 3]);
};
