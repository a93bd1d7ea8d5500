/** @file Resampling along one axis of an array, pixel-centred: the outer edges of both grids coincide. */

/** The resampling kernel: those of `resizeImage`, and a windowed sinc, which preserves band-limited signals. */
export type ResampleKernel = 'bilinear' | 'bicubic' | 'area' | 'sinc';

/** The weight of a kernel at a distance in source pixels (when enlarging), and the distance above which it is 0. */
interface Kernel {
  readonly support: number;
  weight(distance: number): number;
}

/**
 * Keys 1981, "Cubic convolution interpolation for digital image processing", equation 15: a = -1/2, as in Pillow and
 * MATLAB.
 */
const KEYS_A = -0.5;

/** The half width of {@link KERNELS}'s windowed sinc, in samples of the coarser grid. */
const SINC_SUPPORT = 16;

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS: Readonly<Record<ResampleKernel, Kernel>> = {
  area: { support: 0.5, weight: x => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: x => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight(distance) {
      const x = Math.abs(distance);
      if (x >= 2) return 0;
      return x < 1 ? ((KEYS_A + 2) * x - (KEYS_A + 3)) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * KEYS_A;
    },
  },
  // Windowed by the main lobe of a wider sinc (Lanczos).
  sinc: { support: SINC_SUPPORT, weight: x => (Math.abs(x) < SINC_SUPPORT ? sinc(x) * sinc(x / SINC_SUPPORT) : 0) },
};

/** The source pixels that contribute to one target pixel. */
export interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * For `area`, a weight is the length of the source pixel that the target pixel covers; for the others, it is the
 * kernel's value at the centre of the source pixel.
 */
export const tapsOf = (from: number, to: number, kernel: ResampleKernel): Taps[] => {
  const scale = from / to;
  // When the target pixels are larger, the kernel is widened accordingly, which prevents aliasing.
  const stretch = Math.max(1, scale);
  const { support, weight } = KERNELS[kernel];
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const exact = kernel === 'area' && scale > 1;
    const low = centre - support * stretch;
    const high = centre + support * stretch;
    const first = Math.max(0, Math.floor(low));
    const last = Math.min(from, Math.ceil(high));
    const weights = Float64Array.from({ length: last - first }, (_, k) => {
      const pixel = first + k;
      if (exact) return Math.max(0, Math.min(high, pixel + 1) - Math.max(low, pixel));
      return weight((pixel + 0.5 - centre) / stretch);
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map(w => w / sum) };
  });
};

/**
 * Resamples an array along one axis.
 *
 * @param values row-major, with elements for `shape`
 * @returns row-major, of the same shape but `to` along the axis
 */
export const resampleAxis = (
  values: Float64Array,
  {
    shape,
    axis,
    to,
    kernel,
  }: {
    readonly shape: readonly number[];
    readonly axis: number;
    readonly to: number;
    readonly kernel: ResampleKernel;
  },
): Float64Array => {
  const from = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const outer = shape.slice(0, axis).reduce((product, length) => product * length, 1);
  const taps = tapsOf(from, to, kernel);
  const result = new Float64Array(outer * to * inner);
  for (let o = 0; o < outer; o++)
    for (const [i, { first, weights }] of taps.entries())
      for (let k = 0; k < weights.length; k++) {
        const [source, target] = [(o * from + first + k) * inner, (o * to + i) * inner];
        for (let j = 0; j < inner; j++) result[target + j]! += weights[k]! * values[source + j]!;
      }
  return result;
};
