import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, elementReader } from '../arrays/array-view.ts';
import { denseArray } from '../arrays/dense-array.ts';
import { finish, finishInSlices, type Work, type WorkOptions } from '../work/work.ts';
import { assertImage, type Image } from './image.ts';

/** The resampling kernel; see `resizeImage`. */
export type ResizeKernel = 'bilinear' | 'bicubic' | 'area';

/** The options of {@link resizeImage}. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  /** Default: `bicubic`. */
  readonly kernel?: ResizeKernel;
}

/** The weight of a kernel at a distance in source pixels (when enlarging), and the distance beyond which it is 0. */
interface Kernel {
  readonly support: number;
  weight(distance: number): number;
}

/**
 * Keys 1981, "Cubic convolution interpolation for digital image processing", equation 15: a = -1/2, as in Pillow and
 * MATLAB.
 */
const KEYS_A = -0.5;

const KERNELS: Readonly<Record<ResizeKernel, Kernel>> = {
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
};

/** The source pixels of one target pixel. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * For `area` a weight is the length of the source pixel that the target pixel covers, for the others the kernel's value
 * at the centre of the source pixel.
 */
const tapsOf = (from: number, to: number, kernel: ResizeKernel): Taps[] => {
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

function* resizeWork(image: ArrayView, { width, height, kernel = 'bicubic' }: ResizeOptions): Work<Image> {
  assertImage('resizeImage', image);
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
    throw new RangeError(`resizeImage: width and height must be positive integers, got ${width} x ${height}`);
  const [fromHeight, fromWidth, channels] = image.shape as [number, number, number];
  const read = elementReader(image);
  const source = new Float64Array(fromWidth * channels);
  const columns = tapsOf(fromWidth, width, kernel);
  const row = width * channels;
  const narrow = new Float64Array(fromHeight * row);
  for (let y = 0; y < fromHeight; y++) {
    yield (0.7 * y) / fromHeight;
    read(source);
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0, at = first * channels + c; k < weights.length; k++, at += channels)
          sum += weights[k]! * source[at]!;
        narrow[y * row + x * channels + c] = sum;
      }
    }
  }

  const result = new Float32Array(height * row);
  const sums = new Float64Array(row);
  for (const [y, { first, weights }] of tapsOf(fromHeight, height, kernel).entries()) {
    yield 0.7 + (0.3 * y) / height;
    sums.fill(0);
    for (let k = 0; k < weights.length; k++)
      for (let i = 0; i < row; i++) sums[i]! += weights[k]! * narrow[(first + k) * row + i]!;
    result.set(sums, y * row);
  }
  return denseArray(result, [height, width, channels]);
}

/**
 * Resizes an image in floating point; nothing is rounded or clipped (`bicubic` overshoots at edges).
 *
 * Pixel-centred: the outer edges of the images coincide, so pixel i of n covers [i, i + 1] / n of the side
 * (`align_corners=False`). When a side shrinks, the kernel is stretched by the same factor, which prevents aliasing;
 * weights outside the image are dropped and the others normalised to sum 1. `bilinear` and `bicubic` (Keys, a = -1/2)
 * then equal Pillow's `resize`. `area` averages exactly the area that a target pixel covers, and takes the nearest
 * pixel when a side grows. Alpha is treated like the other channels.
 *
 * @param image `[height, width, channels]`
 * @returns `f32[size.height, size.width, channels]`
 * @throws RangeError when the image or the size is empty
 */
export const resizeImage = (image: ArrayView, options: ResizeOptions): Image => {
  assertOptions('resizeImage', options, { width: 1, height: 1, kernel: 1 });
  return finish(resizeWork(image, options));
};

/**
 * {@link resizeImage} in slices, yielding to the event loop in between.
 *
 * @throws RangeError as `resizeImage`; the reason of `signal` when it is aborted
 */
export const resizeImageAsync = (image: ArrayView, options: ResizeOptions & WorkOptions): Promise<Image> => {
  assertOptions('resizeImageAsync', options, { width: 1, height: 1, kernel: 1, onProgress: 1, signal: 1 });
  return finishInSlices(resizeWork(image, options), options);
};
