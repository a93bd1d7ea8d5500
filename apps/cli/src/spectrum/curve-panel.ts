/**
 * @file A spectrum of one axis as a picture: frequencies from left to right, amplitudes upwards on a logarithmic
 *   scale.
 */
import type { RadialSpectrum } from '@neural-fields/core/spectra';
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { logarithmicPicture } from '../page/colours.ts';

/** What is drawn. */
export interface CurvePanelOptions {
  readonly width: number;
  readonly height: number;
  /** The frequency at the right edge. */
  readonly maxFrequency: number;
  /** A frequency with a vertical line. */
  readonly mark: number;
  /** The amplitudes at the bottom and at the top. */
  readonly low: number;
  readonly high: number;
}

/** The distance of the horizontal lines: 20 dB. */
const LINE_FACTOR = 10;

/** How much lines are lighter than the ground. */
const LINE = 0.25;

/** The root mean square of the amplitudes in each column of a picture; NaN beyond the spectrum. */
const columnsOf = (
  { frequencies, amplitudes }: RadialSpectrum,
  { width, maxFrequency }: CurvePanelOptions,
): Float64Array => {
  const step = frequencies[1] ?? Number.POSITIVE_INFINITY;
  return Float64Array.from({ length: width }, (_, x) => {
    const from = Math.floor((x * maxFrequency) / width / step);
    const to = Math.max(from + 1, Math.floor(((x + 1) * maxFrequency) / width / step));
    if (from >= amplitudes.length) return Number.NaN;
    const part = amplitudes.subarray(from, to);
    return Math.sqrt(part.reduce((sum, value) => sum + value ** 2, 0) / part.length);
  });
};

/** Draws a spectrum: `f32[height, width, 3]`. */
export const curvePanel = (spectrum: RadialSpectrum, options: CurvePanelOptions): Image => {
  const { width, height, maxFrequency, mark, low, high } = options;
  const columns = columnsOf(spectrum, options);
  const levels = Float64Array.from({ length: height }, (_, y) => high * (low / high) ** (y / Math.max(1, height - 1)));
  const [ground] = logarithmicPicture([low], [1, 1], { low, high }).data as Float32Array;
  const data = new Float32Array(width * height * 3).fill(ground as number);
  const marked = Math.floor((mark / maxFrequency) * width);
  const isLine = (y: number): boolean => {
    const below = (level: number): number => Math.floor(Math.log(high / level) / Math.log(LINE_FACTOR) + 1e-9);
    return y > 0 && below(levels[y] as number) !== below(levels[y - 1] as number);
  };
  const colours = logarithmicPicture(levels, [height, 1], { low, high }).data as Float32Array;
  for (let y = 0; y < height; y++) {
    const line = isLine(y);
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      if ((columns[x] as number) >= (levels[y] as number)) data.set(colours.subarray(3 * y, 3 * y + 3), at);
      else if (line || x === marked) data.fill(LINE, at, at + 3);
    }
  }
  return ndarray(data, [height, width, 3]);
};
